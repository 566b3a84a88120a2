//! A graph of objects against a plain model: random operations, and a comparison of both after each flush.

mod toys;

use std::collections::{BTreeMap, BTreeSet};

use sqlservice_sdk::prelude::*;

use self::toys::{Grave, Toy};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    /// Unique.
    #[model(unique)]
    rank: Option<i64>,
    #[model(order_by = "id")]
    notes: Many<Note>,
    #[model(through = Member)]
    clubs: Many<Club>,
    #[model(cascade = "all, delete-orphan", order_by = "id")]
    toys: Many<Toy>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "notes")]
struct Note {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    text: String,
    #[model(foreign_key = "people.id")]
    person_id: Option<i64>,
    person: One<Person>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "clubs")]
struct Club {
    #[model(primary_key, length = 40)]
    name: String,
    #[model(through = Member)]
    people: Many<Person>,
}

#[derive(Model, Clone, Debug)]
#[model(table = "members")]
struct Member {
    #[model(primary_key, foreign_key = "people.id")]
    person_id: i64,
    #[model(primary_key, length = 40, foreign_key = "clubs.name", on_update = "cascade")]
    club_name: String,
}

/// Choices given as bytes, one byte each; the first option once the bytes are used up.
struct Dice(std::vec::IntoIter<u8>);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        usize::from(self.0.next().unwrap_or_default()) % sides.max(1)
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.roll(of.len())).cloned()
    }
}

/// The expected rows, by names that never change. A person's text is the suffix of the name.
#[derive(Clone, Debug, Default, PartialEq)]
struct Plain {
    people: BTreeMap<String, String>,
    ranks: BTreeMap<String, i64>,
    notes: BTreeMap<String, Option<String>>,
    clubs: BTreeSet<String>,
    members: BTreeSet<(String, String)>,
    /// Each with its owner; a toy cannot exist without one.
    toys: BTreeMap<String, String>,
    /// Deleted toys, as recorded by an event handler.
    graves: BTreeSet<String>,
}

struct Play {
    session: Session,
    dice: Dice,
    now: Plain,
    committed: Plain,
    savepoints: Vec<(Savepoint, Plain)>,
    people: BTreeMap<String, Entity<Person>>,
    notes: BTreeMap<String, Entity<Note>>,
    clubs: BTreeMap<String, Entity<Club>>,
    toys: BTreeMap<String, Entity<Toy>>,
    /// Objects changed since the last flush. They are not changed again: contradictory sides are tested elsewhere.
    touched: BTreeSet<String>,
    made: u32,
    log: Vec<String>,
}

impl Play {
    fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}{}", self.made)
    }

    fn someone(&mut self) -> Option<(String, Entity<Person>)> {
        let known: Vec<String> = self.now.people.keys().filter(|name| !self.touched.contains(*name)).cloned().collect();
        let name = self.dice.pick(&known)?;
        Some((name.clone(), self.people.get(&name)?.clone()))
    }

    fn some_note(&mut self) -> Option<(String, Entity<Note>)> {
        let known: Vec<String> = self.now.notes.keys().filter(|name| !self.touched.contains(*name)).cloned().collect();
        let name = self.dice.pick(&known)?;
        Some((name.clone(), self.notes.get(&name)?.clone()))
    }

    async fn play(&mut self) -> Result<(), Error> {
        while self.dice.0.len() > 0 {
            self.step().await?;
        }
        self.flush().await
    }

    async fn step(&mut self) -> Result<(), Error> {
        let choice = self.dice.roll(34);
        self.log.push(format!("{choice}"));
        match choice {
            0 | 1 => {
                let name = self.name("p");
                let person = self.session.add(Person { name: name.clone(), ..Person::default() })?;
                self.people.insert(name.clone(), person);
                self.now.people.insert(name, String::new());
            }
            2 | 3 => {
                let name = self.name("n");
                let Some((owner, mut person)) = self.someone() else { return Ok(()) };
                let note = Entity::new(Note { text: name.clone(), ..Note::default() });
                person.edit().notes.push(note.clone());
                self.notes.insert(name.clone(), note);
                self.now.notes.insert(name.clone(), Some(owner.clone()));
                self.touched.extend([name, owner]);
            }
            4 => {
                let name = self.name("n");
                let note = self.session.add(Note { text: name.clone(), ..Note::default() })?;
                self.notes.insert(name.clone(), note);
                self.now.notes.insert(name.clone(), None);
            }
            5 | 6 => {
                let (Some((name, mut person)), text) = (self.someone(), self.dice.roll(3)) else { return Ok(()) };
                let text = "x".repeat(text);
                person.edit().name = format!("{name}{text}");
                self.now.people.insert(name, text);
            }
            7 | 8 => {
                let Some((name, mut note)) = self.some_note() else { return Ok(()) };
                let Some((owner, person)) = self.someone() else { return Ok(()) };
                note.edit().person.set(person);
                self.now.notes.insert(name.clone(), Some(owner));
                self.touched.insert(name);
            }
            9 => {
                let Some((name, mut note)) = self.some_note() else { return Ok(()) };
                note.edit().person.clear();
                self.now.notes.insert(name.clone(), None);
                self.touched.insert(name);
            }
            10 => {
                let Some((name, note)) = self.some_note() else { return Ok(()) };
                let owner = self.now.notes.get(&name).cloned().flatten();
                let Some(mut person) = owner.clone().and_then(|owner| self.people.get(&owner).cloned()) else {
                    return Ok(());
                };
                if self.touched.contains(owner.as_deref().unwrap_or_default()) {
                    return Ok(());
                }
                person.edit().notes.remove(&note);
                self.now.notes.insert(name.clone(), None);
                self.touched.insert(name);
            }
            11 => {
                let Some((name, person)) = self.someone() else { return Ok(()) };
                if person.status() != Status::Persistent {
                    return Ok(());
                }
                self.flush().await?;
                self.session.delete(&person)?;
                self.now.people.remove(&name);
                self.bury_toys_of(&name);
                self.now.ranks.remove(&name);
                self.now
                    .notes
                    .values_mut()
                    .filter(|owner| owner.as_ref() == Some(&name))
                    .for_each(|owner| *owner = None);
                self.now.members.retain(|(member, _)| *member != name);
                self.flush().await?;
            }
            12 => {
                let Some((name, note)) = self.some_note() else { return Ok(()) };
                if note.status() != Status::Persistent {
                    return Ok(());
                }
                self.session.delete(&note)?;
                self.now.notes.remove(&name);
                self.flush().await?;
            }
            13 | 14 => {
                let Some((name, mut person)) = self.someone() else { return Ok(()) };
                let known: Vec<String> = self.now.clubs.iter().cloned().collect();
                let club = if self.dice.roll(2) == 0 { None } else { self.dice.pick(&known) };
                let club = club.unwrap_or_else(|| self.name("c"));
                let object = self
                    .clubs
                    .entry(club.clone())
                    .or_insert_with(|| Entity::new(Club { name: club.clone(), ..Club::default() }));
                let is_in = self.now.members.contains(&(name.clone(), club.clone()));
                if is_in {
                    person.edit().clubs.remove(object);
                    self.now.members.remove(&(name.clone(), club.clone()));
                } else {
                    person.edit().clubs.push(object.clone());
                    self.now.clubs.insert(club.clone());
                    self.now.members.insert((name.clone(), club.clone()));
                }
                // A pair in a set is not added twice.
                self.touched.extend([name, club]);
                self.flush().await?;
            }
            15 => self.flush().await?,
            16 => {
                self.flush().await?;
                let people: Vec<Entity<Person>> = self.live();
                self.session.load(&people, Person::NOTES).await?;
                self.session.load(&people, Person::CLUBS).await?;
                self.touched.clear();
            }
            17 => {
                if let Some((savepoint, before)) = self.savepoints.pop() {
                    if self.dice.roll(2) == 0 {
                        savepoint.release().await?;
                    } else {
                        savepoint.rollback().await?;
                        self.now = before;
                        self.forget();
                    }
                    self.touched.clear();
                } else {
                    self.savepoints.push((self.session.begin_nested().await?, self.now.clone()));
                    self.touched.clear();
                }
            }
            18 => self.commit().await?,
            19 => {
                self.savepoints.clear();
                self.session.rollback().await?;
                self.now = self.committed.clone();
                self.forget();
                self.touched.clear();
            }
            30 | 31 => self.take_rank(),
            32 => {
                // A new person takes the rank that another one gives up.
                let ranked: Vec<String> = self.now.ranks.keys().cloned().collect();
                let Some(mut person) = self.dice.pick(&ranked).and_then(|name| self.people.get(&name).cloned()) else {
                    return Ok(());
                };
                let (name, rank) = (self.name("p"), person.rank);
                person.edit().rank = None;
                let new = self.session.add(Person { name: name.clone(), rank, ..Person::default() })?;
                self.now.ranks.retain(|_, taken| Some(*taken) != rank);
                self.now.ranks.extend(rank.map(|rank| (name.clone(), rank)));
                self.people.insert(name.clone(), new);
                self.now.people.insert(name, String::new());
            }
            33 => self.rename_club(),
            other => self.play_with_toys(other).await?,
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Error> {
        while let Some((savepoint, _)) = self.savepoints.pop() {
            savepoint.release().await?;
        }
        self.session.commit().await?;
        self.committed = self.now.clone();
        self.touched.clear();
        Ok(())
    }

    /// A person takes a rank; its previous holder gets the person's own.
    fn take_rank(&mut self) {
        let (name, rank) = (self.someone(), i64::try_from(self.dice.roll(6)).unwrap_or_default());
        let Some((name, mut person)) = name else { return };
        let mine = self.now.ranks.remove(&name);
        let other = self.now.ranks.iter().find(|(_, taken)| **taken == rank).map(|(name, _)| name.clone());
        if let Some(other) = other {
            self.now.ranks.remove(&other);
            self.now.ranks.extend(mine.map(|mine| (other.clone(), mine)));
            if let Some(other) = self.people.get_mut(&other) {
                other.edit().rank = mine;
            }
        }
        person.edit().rank = Some(rank);
        self.now.ranks.insert(name, rank);
    }

    /// Renames a club, which changes its primary key.
    fn rename_club(&mut self) {
        let known: Vec<String> = self.now.clubs.iter().filter(|name| !self.touched.contains(*name)).cloned().collect();
        let Some(old) = self.dice.pick(&known) else { return };
        let Some(mut club) = self.clubs.remove(&old) else { return };
        let new = self.name("c");
        club.edit().name.clone_from(&new);
        self.clubs.insert(new.clone(), club);
        self.now.clubs.remove(&old);
        self.now.clubs.insert(new.clone());
        let members = std::mem::take(&mut self.now.members);
        let renamed = |(member, club)| (member, if club == old { new.clone() } else { club });
        self.now.members = members.into_iter().map(renamed).collect();
        self.touched.insert(new);
    }

    /// Drops the handles of objects that were rolled back.
    fn forget(&mut self) {
        let Self { now, people, notes, clubs, toys, .. } = self;
        toys.retain(|name, _| now.toys.contains_key(name));
        people.retain(|name, _| now.people.contains_key(name));
        notes.retain(|name, _| now.notes.contains_key(name));
        // Names of clubs were rolled back, too.
        *clubs = std::mem::take(clubs).into_values().map(|club| (club.name.clone(), club)).collect();
        clubs.retain(|name, _| now.clubs.contains(name));
    }

    fn live(&self) -> Vec<Entity<Person>> {
        let known = self.now.people.keys().filter_map(|name| self.people.get(name));
        known.filter(|person| person.status() == Status::Persistent).cloned().collect()
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.session.flush().await?;
        self.touched.clear();
        self.compare().await
    }

    /// Compares the rows and the objects with the expected state.
    async fn compare(&mut self) -> Result<(), Error> {
        let name = |text: &str| text.trim_end_matches('x').to_owned();
        let people = self.session.all(&select_columns((Person::ID, Person::NAME, Person::RANK))).await?;
        let names: BTreeMap<i64, String> = people.iter().map(|(id, text, _)| (*id, name(text))).collect();
        let notes = self.session.all(&select_columns((Note::TEXT, Note::PERSON_ID))).await?;
        let members = self.session.all(&select_columns((Member::PERSON_ID, Member::CLUB_NAME))).await?;
        let owner = |id: i64| names.get(&id).cloned().unwrap_or_else(|| format!("nobody {id}"));
        let stored = Plain {
            people: people.iter().map(|(_, text, _)| (name(text), text[name(text).len()..].to_owned())).collect(),
            ranks: people.iter().filter_map(|(_, text, rank)| Some((name(text), (*rank)?))).collect(),
            notes: notes.into_iter().map(|(text, id)| (text, id.map(owner))).collect(),
            clubs: self.session.all(&select_columns(Club::NAME)).await?.into_iter().collect(),
            members: members.into_iter().map(|(id, club)| (owner(id), club)).collect(),
            toys: (self.session.all(&select_columns((Toy::NAME, Toy::PERSON_ID))).await?.into_iter())
                .map(|(text, id)| (text, owner(id)))
                .collect(),
            graves: self.session.all(&select_columns(Grave::NAME)).await?.into_iter().collect(),
        };
        if stored != self.now {
            return Err(Error::other(format!("stored {stored:?}, expected {:?}", self.now)));
        }
        self.compare_toys(&names)?;
        for (key, note) in &self.notes {
            let Some(expected) = self.now.notes.get(key) else { continue };
            let said = note.person_id.map(owner);
            if said != *expected {
                return Err(Error::other(format!("the object {key} says {said:?}, expected {expected:?}")));
            }
            if let Ok(person) = note.person.get() {
                let said = person.map(|person| name(&person.name));
                if said != *expected {
                    return Err(Error::other(format!("the relation of {key} says {said:?}, expected {expected:?}")));
                }
            }
        }
        for (key, person) in self.people.iter().filter(|(key, _)| self.now.people.contains_key(*key)) {
            if let Ok(notes) = person.notes.get() {
                let said: BTreeSet<String> = notes.iter().map(|note| note.text.clone()).collect();
                let expected: BTreeSet<String> = self
                    .now
                    .notes
                    .iter()
                    .filter(|(_, owner)| owner.as_ref() == Some(key))
                    .map(|(text, _)| text.clone())
                    .collect();
                if said != expected {
                    return Err(Error::other(format!("the notes of {key} are {said:?}, expected {expected:?}")));
                }
            }
            if let Ok(clubs) = person.clubs.get() {
                let said: BTreeSet<String> = clubs.iter().map(|club| club.name.clone()).collect();
                let expected: BTreeSet<String> =
                    self.now.members.iter().filter(|(member, _)| member == key).map(|(_, club)| club.clone()).collect();
                if said != expected {
                    return Err(Error::other(format!("the clubs of {key} are {said:?}, expected {expected:?}")));
                }
            }
        }
        Ok(())
    }
}

/// Runs a sequence of operations for each list of bytes, which choose them. Returns the failures with the log of
/// operations before them; nothing if all passed.
pub async fn unit_random(sequences: Vec<Vec<u8>>) -> Saw {
    let db = Database::open("default", models![Person, Note, Club, Member, Toy, Grave]).await?;
    db.create_all().await?;
    let mut wrong = Vec::new();
    for choices in sequences {
        let session = db.session()?;
        session.execute(&delete::<Member>()).await?;
        session.execute(&delete::<Note>()).await?;
        session.execute(&delete::<Toy>()).await?;
        session.execute(&delete::<Grave>()).await?;
        session.execute(&delete::<Person>()).await?;
        session.execute(&delete::<Club>()).await?;
        session.commit().await?;
        let mut play = Play {
            session,
            dice: Dice(choices.into_iter()),
            now: Plain::default(),
            committed: Plain::default(),
            savepoints: Vec::new(),
            people: BTreeMap::new(),
            notes: BTreeMap::new(),
            clubs: BTreeMap::new(),
            toys: BTreeMap::new(),
            touched: BTreeSet::new(),
            made: 0,
            log: Vec::new(),
        };
        wrong.push(
            play.play().await.map_or_else(|error| format!("{error}, after {}", play.log.join(" ")), |()| String::new()),
        );
    }
    Ok(wrong)
}
