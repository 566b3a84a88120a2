"""Steps with a library: what is inherited, keys that change, circles, and values of every type."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from library import Album, Book, Colour, Event, Film, Item, Loan, Move, Photo, Reader, Repair, Shelf, Stamp
from sqlalchemy import orm
from step import Steps

ROOMS = ("east", "west", "cellar")
TEXTS = ("", "a", "Ünï ☃ 😀", 'it\'s "so"', "tab\tline\nend")


class LibrarySteps(Steps):
    """Joined and single inheritance, natural and composite keys, post updates, association objects."""

    # New objects

    def do_add_shelf(self) -> Any:
        shelf = Shelf(room=self.random.choice(ROOMS), number=self.random.randrange(3), note=self.name())
        self.session.add(self.met(shelf))

    def do_add_book(self) -> Any:
        sequel, shelf = self.maybe(self.one(Book)), self.maybe(self.one(Shelf))
        pages = self.maybe(self.random.randrange(30_000))
        book = Book(title=self.name(), pages=pages, blurb=self.random.choice(TEXTS), sequel=sequel, shelf=shelf)
        self.session.add(self.met(book))

    def do_add_film(self) -> Any:
        film = Film(title=self.name(), shelf=self.one(Shelf))
        if self.random.randrange(2):
            film.minutes = self.random.randrange(200)
        self.session.add(self.met(film))

    def do_add_mixed(self) -> Any:
        kinds = [self.random.choice((Item, Book, Film)) for _ in range(2 + self.random.randrange(5))]
        self.session.add_all([self.met(kind(title=self.name())) for kind in kinds])

    def do_add_reader(self) -> Any:
        self.session.add(self.met(Reader(code=self.name())))

    def do_lend(self) -> Any:
        item, reader = self.one(Item), self.one(Reader)
        if item is not None and reader is not None:
            weeks = self.maybe(self.random.randrange(9))
            loan = Loan(item=item, reader=reader) if weeks is None else Loan(item=item, reader=reader, weeks=weeks)
            self.session.add(self.met(loan))

    def do_add_event(self) -> Any:
        item = self.maybe(self.one(Item))
        events = [Event(item=item), Repair(item=item, cost=self.random.randrange(99)), Move(place=self.name())]
        self.session.add_all([self.met(event) for event in events[self.random.randrange(3) :]])

    def do_add_album(self) -> Any:
        album = Album(title=self.name(), photos=[self.met(Photo()) for _ in range(self.random.randrange(4))])
        if album.photos and self.random.randrange(2):
            album.cover = self.random.choice(album.photos)
        self.session.add(self.met(album))

    def do_add_stamp(self) -> Any:
        documents: tuple[Any, ...] = (None, {"a": [1, 2.5, "x"]}, [], "text", 0, True, {"n": None})
        stamp = Stamp(
            id=uuid.UUID(int=self.random.randrange(6)),
            colour=self.random.choice((None, Colour.RED, Colour.BLUE)),
            weight=self.maybe(self.random.randrange(1 << 40) / 8),
            price=self.maybe(self.random.randrange(-(1 << 63), 1 << 63)),
            day=self.maybe(dt.date(1, 1, 1) + dt.timedelta(days=self.random.randrange(3_000_000))),
            moment=self.maybe(
                dt.datetime(1999, 12, 31, 23, 59) + dt.timedelta(microseconds=self.random.randrange(1 << 50))
            ),
            picture=self.maybe(self.random.randbytes(self.random.randrange(5))),
            about=self.random.choice(documents),
        )
        if self.random.randrange(2):
            stamp.is_used = False
        self.session.add(self.met(stamp))

    # Changes of objects

    def do_rename_shelf(self) -> Any:
        """The key changes, and the database changes those that refer to it."""
        shelf = self.one(Shelf)
        if shelf is not None:
            shelf.room = self.random.choice(ROOMS)
            shelf.number = self.random.randrange(3)

    def do_rename_reader(self) -> Any:
        reader = self.one(Reader)
        if reader is not None:
            reader.code = self.name()

    def do_move_item(self) -> Any:
        item = self.one(Item)
        if item is not None:
            item.shelf = self.maybe(self.one(Shelf))

    def do_retitle(self) -> Any:
        item = self.one(Item)
        if item is not None:
            item.title = self.name() if self.random.randrange(8) else None  # type: ignore[assignment]
            if isinstance(item, Book):
                item.pages = self.maybe(self.random.randrange(30_000))
            if isinstance(item, Film):
                item.minutes = self.random.randrange(200)

    def do_sequel(self) -> Any:
        book = self.one(Book)
        if book is not None:
            book.sequel = self.maybe(self.one(Book))

    def do_clear_shelf(self) -> Any:
        shelf = self.one(Shelf)
        if shelf is not None:
            shelf.items = [item for item in shelf.items if self.random.randrange(2)]
        return shelf

    def do_prolong(self) -> Any:
        loan = self.one(Loan)
        if loan is not None:
            loan.weeks = Loan.weeks + 1 if self.random.randrange(2) else None

    def do_give_back(self) -> Any:
        item = self.one(Item)
        if item is not None and item.loans:
            return item.loans.pop()
        return None

    def do_pass_on(self) -> Any:
        """A part of the key of a row between two tables changes."""
        loan, reader = self.lasting(Loan), self.one(Reader)
        if loan is not None and reader is not None:
            loan.reader = reader

    def do_cover(self) -> Any:
        album = self.one(Album)
        if album is not None:
            photo = self.random.choice(album.photos) if album.photos else self.one(Photo)
            album.cover = self.maybe(photo)

    def do_photos(self) -> Any:
        """Photos change places, leave, and come from other albums."""
        album, photo = self.one(Album), self.one(Photo)
        if album is None:
            return None
        if album.photos and self.random.randrange(2):
            album.photos.insert(0, album.photos.pop())
        elif photo is not None and photo not in album.photos:
            album.photos.insert(self.random.randrange(len(album.photos) + 1), photo)
        elif album.photos:
            return album.photos.pop(self.random.randrange(len(album.photos)))
        return [place.place for place in album.photos]

    def do_stamp(self) -> Any:
        stamp = self.one(Stamp)
        if stamp is not None:
            stamp.about = {"more": self.random.choice(TEXTS)} if self.random.randrange(3) else None
            stamp.colour = Colour.RED
            stamp.picture = self.maybe(b"\x00\xff")

    def do_remove(self) -> Any:
        kind = self.random.choice((Shelf, Item, Book, Film, Reader, Loan, Event, Album, Photo, Stamp))
        item = self.one(kind)
        if item is not None:
            self.session.delete(item)
        return item

    # What the session knows of them

    def do_expire_item(self) -> Any:
        item = self.lasting(Item)
        if item is not None:
            self.session.expire(item, ["title", "size"] if self.random.randrange(2) else None)
            return [item.title, item.state, item.size, item.shelf, item.events, item.loans]
        return None

    def do_blurb(self) -> Any:
        book = self.lasting(Book)
        return book and [book.blurb, book.pages, book.sequel]

    def do_refresh_album(self) -> Any:
        album = self.lasting(Album)
        if album is not None:
            self.session.refresh(album, ["size", "cover"] if self.random.randrange(2) else None)
            return [album.size, album.revision, album.cover, [photo.place for photo in album.photos]]  # type: ignore[attr-defined]
        return None

    def do_merge_loan(self) -> Any:
        item, reader = self.lasting(Item), self.one(Reader)
        if item is None or reader is None:
            return None
        copy = Loan(item_id=item.id, reader_code=self.name(), weeks=self.random.randrange(9))
        return self.met(self.session.merge(copy))

    def do_merge_book(self) -> Any:
        return self.met(self.session.merge(Book(id=self.key(Item, 6), title=self.name(), pages=7)))

    def do_transient(self) -> Any:
        """A row's copy with another key: the object forgets that it had a row."""
        stamp = self.lasting(Stamp)
        if stamp is None:
            return None
        self.session.refresh(stamp)
        orm.make_transient(stamp)
        stamp.id = uuid.UUID(int=self.random.randrange(12))
        self.session.add(stamp)
        return None

    # Queries

    def do_items(self) -> Any:
        """Objects of several tables: by one join, by a query for each, or each when it is looked at."""
        kinds = orm.with_polymorphic(Item, [Book, Film])
        if self.random.randrange(2):
            query = sa.select(kinds).where(sa.or_(kinds.Book.pages > 9, kinds.Film.minutes > 9)).order_by(kinds.id)
        else:
            query = sa.select(Item).order_by(Item.id)
            query = query.options(orm.selectin_polymorphic(Item, [Book, Film]), orm.selectinload(Item.loans))
        found = self.session.scalars(query).all()
        return [[item, getattr(item, "pages", None), getattr(item, "minutes", None), item.loans] for item in found]

    def do_events(self) -> Any:
        query = sa.select(self.random.choice((Event, Repair, Move))).order_by(Event.id)
        found = self.session.scalars(query.options(orm.joinedload(Event.item))).all()
        return [[event, event.item, getattr(event, "cost", None), getattr(event, "place", None)] for event in found]

    def do_albums(self) -> Any:
        query = sa.select(Album).order_by(Album.id).options(orm.joinedload(Album.photos), orm.joinedload(Album.cover))
        found = self.session.scalars(query, execution_options={"populate_existing": True}).unique().all()
        return [[album, album.size, album.cover, album.photos] for album in found]  # type: ignore[attr-defined]

    def do_stamps(self) -> Any:
        query = sa.select(Stamp).order_by(Stamp.id)
        return [
            [s.id, s.is_used, s.colour, s.weight, s.price, s.day, s.moment, s.picture, s.about]
            for s in self.session.scalars(query)
        ]

    def do_union(self) -> Any:
        either = sa.union(
            sa.select(Item.title.label("text")).where(Item.number.is_(None)),
            sa.select(Reader.code.label("text")).where(Reader.loans.any(Loan.weeks > 2)),
        ).subquery()
        return self.session.scalars(sa.select(either.c.text).order_by(either.c.text)).all()

    def do_readers(self) -> Any:
        query = sa.select(Reader).options(orm.selectinload(Reader.loans).joinedload(Loan.item)).order_by(Reader.code)
        return [[reader.code, [loan.item for loan in reader.loans]] for reader in self.session.scalars(query)]

    # Statements

    def do_update_items(self) -> Any:
        how = self.random.choice(("evaluate", "fetch", "auto"))
        change = sa.update(Item).where(Item.title == self.name()).values(state=sa.func.upper(Item.state))
        return self.session.execute(change, execution_options={"synchronize_session": how}).rowcount  # type: ignore[attr-defined]

    def do_delete_loans(self) -> Any:
        late = sa.select(Item.id).where(Item.title >= self.name())
        removal = sa.delete(Loan).where(Loan.item_id.in_(late), Loan.weeks > self.random.randrange(9))
        options = {"synchronize_session": self.random.choice(("fetch", False))}
        return self.session.execute(removal, execution_options=options).rowcount  # type: ignore[attr-defined]

    def do_insert_books(self) -> Any:
        """Rows of two tables at once, whose keys come back in order."""
        rows = [
            {"title": self.name(), "pages": number, "blurb": None} for number in range(1 + self.random.randrange(4))
        ]
        self.session.execute(sa.insert(Book), rows)
        return len(rows)

    def do_bulk_objects(self) -> Any:
        stamps = [Stamp(id=uuid.UUID(int=20 + self.random.randrange(30)), price=number) for number in range(2)]
        self.session.bulk_save_objects([*stamps, Reader(code=self.name())])
        keys = [{"id": stamp.id, "weight": 1.5} for stamp in stamps]
        self.session.bulk_update_mappings(sa.inspect(Stamp), keys)
