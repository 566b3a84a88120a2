"""What a component exports for its toolchain alone."""

from __future__ import annotations

import pytest

from sqlservice_guest.build.toolchain import PREAMBLE, without_setup

TOOLCHAIN = b"\x0b\x0d\x01\x00\x07exports\x05\x22\x00"
OWN = b"\x0b\x0d\x01\x00\x07measure\x01\x22\x00"
LONG = b"\x00\x80\x02" + bytes(256)


def test_the_toolchains_export_is_gone_and_the_numbers_of_instances_stay() -> None:
    made = without_setup(PREAMBLE + LONG + TOOLCHAIN + OWN)
    assert made == PREAMBLE + LONG + b"\x05\x03\x01\x01\x00" + OWN
    assert without_setup(made) == made


def test_what_is_no_component_is_refused() -> None:
    with pytest.raises(ValueError, match="no component"):
        without_setup(b"\0asm\x01\0\0\0")
