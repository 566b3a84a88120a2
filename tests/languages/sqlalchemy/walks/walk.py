"""Random walks through a session of SQLAlchemy's ORM: the same seed takes the same steps, wherever it is walked.

What each step gave, or the class of its error, is noted, and so are the rows at the end. It knows nothing of the
sandbox.
"""

from __future__ import annotations

import datetime as dt
import decimal
import random
from typing import Any

import sqlalchemy as sa
from models import Base, Person, Skill, Tag, Task, Team
from sqlalchemy import orm

STEPS = 40
NAMES = ("ann", "bob", "cyd", "dan", "eve", "fay")


def walk(engine: sa.Engine, seed: int) -> dict[str, Any]:
    """Walks on new tables. Returns what was seen on the way, and all rows at the end."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    taken = Walk(engine, seed)
    try:
        seen = [taken.step() for _ in range(STEPS)]
    finally:
        taken.session.close()
    with engine.connect() as connection:
        rows = {
            table.name: [shown(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }
    return {"seen": seen, "rows": rows}


def shown(value: Any) -> Any:
    """A value that is equal where the values are, whatever driver read it."""
    if isinstance(value, (tuple, list, sa.Row)):
        return [shown(item) for item in value]
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, Base):
        return [type(value).__name__, *shown(sa.inspect(value).identity or ())]
    return value if isinstance(value, (str, int, float, type(None))) else type(value).__name__


def named(error: Exception) -> str:
    """The class of an error. MariaDB's drivers have one of their own for a missing value."""
    if isinstance(error, sa.exc.OperationalError) and "doesn't have a default value" in str(error.orig):
        return "IntegrityError"
    return type(error).__name__


class Walk:
    """One walk: its session, the objects that it has met, its savepoints."""

    def __init__(self, engine: sa.Engine, seed: int) -> None:
        self.random = random.Random(seed)
        self.session = orm.Session(engine, autoflush=seed % 3 > 0, expire_on_commit=seed % 2 > 0)
        self.objects: list[Base] = []
        self.savepoints: list[orm.SessionTransaction] = []
        self.moves = sorted(name for name in dir(self) if name.startswith("do_"))

    def step(self) -> Any:
        """Takes a step. After an error it goes back, sometimes to a savepoint only, sometimes not at all.

        After an error of the database it always goes back: with the contract, as with PostgreSQL, a transaction in
        which a statement failed does nothing else.
        """
        move = self.moves[self.random.randrange(len(self.moves))]
        try:
            return [move, shown(getattr(self, move)())]
        except Exception as error:
            back = self.random.randrange(4) or int(isinstance(error, sa.exc.DBAPIError))
            if back > 1 or (back and not self.savepoints):
                self.session.rollback()
                self.savepoints.clear()
            elif back:
                self.do_savepoint_back()
            return [move, named(error), back]

    # What is taken by chance

    def name(self) -> str:
        """A name; some are missing where one has to be."""
        return NAMES[self.random.randrange(len(NAMES))]

    def one(self, kind: type[Base]) -> Any:
        """An object that was met before, or nothing."""
        known = [item for item in self.objects if isinstance(item, kind)]
        return known[self.random.randrange(len(known))] if known else None

    def met(self, item: Any) -> Any:
        """Keeps an object."""
        self.objects.append(item)
        return item

    # Steps: new objects

    def do_add_team(self) -> Any:
        self.session.add(self.met(Team(name=self.name())))

    def do_add_person(self) -> Any:
        pay = decimal.Decimal(self.random.randrange(100_000)) / 100
        person = Person(name=self.name(), pay=pay, team=self.one(Team), boss=self.one(Person))
        person.tasks = [self.met(Task(title=self.name())) for _ in range(self.random.randrange(3))]
        self.session.add(self.met(person))

    def do_add_people(self) -> Any:
        self.session.add_all([self.met(Person(name=self.name())) for _ in range(2 + self.random.randrange(4))])

    def do_add_task(self) -> Any:
        due = dt.datetime(2024, 2, 28, 23, 59, 59, 999_999) + dt.timedelta(hours=self.random.randrange(100))
        self.session.add(self.met(Task(title=self.name(), person=self.one(Person), due=due)))

    def do_add_tag(self) -> Any:
        self.session.add(self.met(Tag(text=self.name())))

    def do_add_skill(self) -> Any:
        self.session.add(self.met(Skill(person=self.one(Person), name=self.name())))

    # Steps: changes of objects

    def do_rename(self) -> Any:
        person = self.one(Person)
        if person is not None:
            person.name = self.name() if self.random.randrange(8) else None

    def do_rename_team(self) -> Any:
        team = self.one(Team)
        if team is not None:
            team.name = self.name()

    def do_move_person(self) -> Any:
        person = self.one(Person)
        if person is not None:
            person.team = self.one(Team) if self.random.randrange(4) else None

    def do_move_task(self) -> Any:
        task, person = self.one(Task), self.one(Person)
        if task is not None and person is not None:
            person.tasks.append(task)

    def do_take_task(self) -> Any:
        person = self.one(Person)
        if person is not None and person.tasks:
            return person.tasks.pop(self.random.randrange(len(person.tasks)))
        return None

    def do_boss(self) -> Any:
        person, boss = self.one(Person), self.one(Person)
        if person is not None:
            person.boss = boss if self.random.randrange(3) else None

    def do_mentor(self) -> Any:
        person = self.one(Person)
        if person is not None:
            person.mentor = self.one(Person) if self.random.randrange(3) else None

    def do_tag(self) -> Any:
        task, tag = self.one(Task), self.one(Tag)
        if task is not None and tag is not None and tag not in task.tags:
            task.tags.append(tag)

    def do_untag(self) -> Any:
        tag = self.one(Tag)
        if tag is not None and tag.tasks:
            return tag.tasks.pop(self.random.randrange(len(tag.tasks)))
        return None

    def do_level(self) -> Any:
        skill = self.one(Skill)
        if skill is not None and sa.inspect(skill).persistent:
            skill.level = Skill.level + 1 if self.random.randrange(2) else 7
            self.session.flush()
            return skill.level
        return None

    def do_delete(self) -> Any:
        kinds = (Person, Task, Tag, Team, Skill)
        item = self.one(kinds[self.random.randrange(len(kinds))])
        if item is not None:
            self.session.delete(item)
        return item

    # Steps: the session

    def do_flush(self) -> Any:
        self.session.flush()

    do_flush_again = do_flush

    def do_commit(self) -> Any:
        self.savepoints.clear()
        self.session.commit()

    def do_rollback(self) -> Any:
        if not self.random.randrange(3):
            self.savepoints.clear()
            self.session.rollback()

    def do_savepoint(self) -> Any:
        self.savepoints.append(self.session.begin_nested())

    def do_savepoint_release(self) -> Any:
        if self.savepoints:
            self.savepoints.pop().commit()

    def do_savepoint_back(self) -> Any:
        if self.savepoints:
            self.savepoints.pop().rollback()

    def do_expire(self) -> Any:
        person = self.one(Person)
        if person is not None:
            self.session.expire(person)
            return [person.name, person.pay, person.version, person.team, person.boss]
        return None

    def do_expire_all(self) -> Any:
        self.session.expire_all()

    def do_refresh(self) -> Any:
        item = self.one(Base)
        if item is not None:
            self.session.refresh(item)
        return item

    def do_expunge(self) -> Any:
        tag = self.one(Tag)
        if tag is not None and not self.random.randrange(3):
            self.session.expunge(tag)

    def do_merge(self) -> Any:
        copy = Person(id=1 + self.random.randrange(6), name=self.name(), tasks=[Task(id=1, title="merged")])
        return self.met(self.session.merge(copy))

    # Steps: queries

    def do_get(self) -> Any:
        found = self.session.get(Person, 1 + self.random.randrange(8))
        return found and [self.met(found).name, found.tasks, found.reports]

    def do_query(self) -> Any:
        query = sa.select(Person).where(Person.name >= self.name()).order_by(Person.id)
        ways = (orm.selectinload, orm.joinedload, orm.subqueryload)
        query = query.options(ways[self.random.randrange(len(ways))](Person.tasks))
        return [[person, person.tasks] for person in self.session.scalars(query).unique()]

    def do_join(self) -> Any:
        query = (
            sa.select(Team.name, sa.func.count(Person.id), sa.func.sum(Person.pay))
            .outerjoin(Team.members).group_by(Team.id, Team.name).order_by(Team.id)
        )  # fmt: skip
        return self.session.execute(query).all()

    def do_exists(self) -> Any:
        query = sa.select(Person.id).where(Person.tasks.any(Task.tags.any(Tag.text == self.name()))).order_by(Person.id)
        return self.session.scalars(query).all()

    def do_pages(self) -> Any:
        query = sa.select(Task).order_by(Task.id).execution_options(yield_per=2)
        return [[task.title, task.due] for task in self.session.scalars(query)]

    # Steps: statements

    def do_update(self) -> Any:
        how = ("evaluate", "fetch", "auto")[self.random.randrange(3)]
        change = sa.update(Task).where(Task.title == self.name()).values(title=self.name())
        return self.session.execute(change, execution_options={"synchronize_session": how}).rowcount

    def do_delete_where(self) -> Any:
        removal = sa.delete(Skill).where(Skill.level > self.random.randrange(9))
        return self.session.execute(removal).rowcount

    def do_insert(self) -> Any:
        rows = [{"text": f"{self.name()} {self.random.randrange(5)}"} for _ in range(3)]
        query = sa.insert(Tag).returning(Tag, sort_by_parameter_order=True)
        return [self.met(tag).text for tag in self.session.scalars(query, rows)]
