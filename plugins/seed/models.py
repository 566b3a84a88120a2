"""The models of the page: users, their profiles, their devices, and the devices' keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlservice import declarative_base

Model: Any = declarative_base()  # the library has no types


class User(Model):
    """A user."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(100))

    about: Mapped[UserAbout | None] = relationship(back_populates="user")
    devices: Mapped[list[UserDevice]] = relationship(back_populates="user")


class UserAbout(Model):
    """The profile of a user."""

    __tablename__ = "user_about"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    nickname: Mapped[str | None] = mapped_column(String(100))

    user: Mapped[User] = relationship(back_populates="about")


class UserDevice(Model):
    """A device of a user."""

    __tablename__ = "user_devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(100))

    user: Mapped[User] = relationship(back_populates="devices")
    keys: Mapped[list[UserDeviceKey]] = relationship(back_populates="device")


class UserDeviceKey(Model):
    """A key of a device."""

    __tablename__ = "user_device_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("user_devices.id"))
    key: Mapped[str] = mapped_column(String(100))

    device: Mapped[UserDevice] = relationship(back_populates="keys")
