"""Steps with people, their tasks, tags and skills."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import sqlalchemy as sa
from people import Person, Skill, Tag, Task, Team
from sqlalchemy import orm
from step import Steps


class PeopleSteps(Steps):
    """Relationships of every kind, a version, a key of two columns."""

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
            person.name = self.name() if self.random.randrange(8) else None  # type: ignore[assignment]

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
        item = self.one(self.random.choice((Person, Task, Tag, Team, Skill)))
        if item is not None:
            self.session.delete(item)
        return item

    # Steps: what the session knows of them

    def do_expire(self) -> Any:
        person = self.lasting(Person)
        if person is not None:
            self.session.expire(person)
            return [person.name, person.pay, person.version, person.team, person.boss]
        return None

    def do_expunge(self) -> Any:
        tag = self.one(Tag)
        if tag is not None and not self.random.randrange(3):
            self.session.expunge(tag)

    def do_merge(self) -> Any:
        tasks = [Task(id=self.key(Task, 2), title="merged")]
        copy = Person(id=self.key(Person, 6), name=self.name(), tasks=tasks)
        return self.met(self.session.merge(copy))

    def do_bump(self) -> Any:
        """Another program has changed the row: the next flush of this one finds another version."""
        person = self.one(Person)
        if person is not None and person in self.session and not self.random.randrange(3):
            key = sa.inspect(person).identity
            if key is not None:
                change = sa.update(Person).where(Person.id == key[0]).values(version=Person.version + 1)
                self.session.execute(change, execution_options={"synchronize_session": False})
                return key is not None
        return None

    def do_detach(self) -> Any:
        """As after another request: the object leaves the session, changes, and is merged again."""
        person = self.one(Person)
        if person is None or not sa.inspect(person).persistent:
            return None
        self.session.expunge(person)
        orm.make_transient_to_detached(person) if sa.inspect(person).transient else None
        person.name = self.name()
        return self.met(self.session.merge(person, load=bool(self.random.randrange(4))))

    # Steps: queries

    def do_get(self) -> Any:
        found = self.session.get(Person, self.key(Person))
        return found and [self.met(found).name, found.tasks, found.reports]

    def do_query(self) -> Any:
        query = sa.select(Person).where(Person.name >= self.name()).order_by(Person.id)
        way = self.random.choice((orm.selectinload, orm.joinedload, orm.subqueryload, orm.immediateload))
        query = query.options(way(Person.tasks))
        return [[person, person.tasks] for person in self.session.scalars(query).unique()]

    def do_join(self) -> Any:
        query = (
            sa.select(Team.name, sa.func.count(Person.id), sa.func.sum(Person.pay))
            .outerjoin(Team.members).group_by(Team.id, Team.name).order_by(Team.id)
        )  # fmt: skip
        return self.session.execute(query).all()

    def do_exists(self) -> Any:
        query = sa.select(Person).where(Person.tasks.any(Task.tags.any(Tag.text == self.name()))).order_by(Person.id)
        return self.session.scalars(query).all()

    def do_pages(self) -> Any:
        query = sa.select(Task).order_by(Task.id).execution_options(yield_per=2)
        return [[task.title, task.due] for task in self.session.scalars(query)]

    def do_chain(self) -> Any:
        """The bosses above somebody: a recursive query."""
        boss = orm.aliased(Person)
        top = sa.select(Person.id, Person.boss_id, sa.literal(0).label("depth")).where(Person.name == self.name())
        chain = top.cte("chain", recursive=True)
        up = sa.select(boss.id, boss.boss_id, chain.c.depth + 1).join(chain, boss.id == chain.c.boss_id)
        chain = chain.union(up.where(chain.c.depth < 5))
        query = sa.select(sa.func.count(), sa.func.max(chain.c.depth)).select_from(chain)
        return self.session.execute(query).all()

    def do_ranks(self) -> Any:
        rank = sa.func.row_number().over(partition_by=Person.team_id, order_by=(Person.name, Person.id))
        ranked = sa.select(Person.name, rank.label("place"), Person.id).subquery()
        query = sa.select(ranked.c.name, ranked.c.place).where(ranked.c.place < 3)
        return self.session.execute(query.order_by(ranked.c.id)).all()

    # Steps: statements

    def do_update(self) -> Any:
        how = self.random.choice(("evaluate", "fetch", "auto"))
        change = sa.update(Task).where(Task.title == self.name()).values(title=self.name())
        return self.session.execute(change, execution_options={"synchronize_session": how}).rowcount  # type: ignore[attr-defined]

    def do_delete_where(self) -> Any:
        removal = sa.delete(Skill).where(Skill.level > self.random.randrange(9))
        return self.session.execute(removal).rowcount  # type: ignore[attr-defined]

    def do_insert(self) -> Any:
        rows = [{"text": f"{self.name()} {self.random.randrange(5)}"} for _ in range(3)]
        query = sa.insert(Tag).returning(Tag, sort_by_parameter_order=True)
        return [self.met(tag).text for tag in self.session.scalars(query, rows)]

    def do_bulk(self) -> Any:
        tasks = self.session.scalars(sa.select(Task.id).order_by(Task.id).limit(3)).all()
        changes = [{"id": key, "title": f"{self.name()} {number}"} for number, key in enumerate(tasks)]
        if changes:
            self.session.execute(sa.update(Task), changes)
        self.session.bulk_insert_mappings(sa.inspect(Team), [{"name": f"{self.name()} {self.random.randrange(9)}"}])
        return len(tasks)
