//! Owned objects in the random operations: they move, are removed, are deleted with their owner, or leave the session.

use std::collections::{BTreeMap, BTreeSet};

use sqlservice_sdk::{Events, prelude::*};

use super::{Person, Play};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "toys", events)]
pub(super) struct Toy {
    #[model(primary_key, generated)]
    pub(super) id: i64,
    #[model(length = 40)]
    pub(super) name: String,
    #[model(foreign_key = "people.id")]
    pub(super) person_id: i64,
    pub(super) person: One<Person>,
}

/// A toy that was deleted.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "graves")]
pub(super) struct Grave {
    #[model(primary_key, length = 40)]
    pub(super) name: String,
}

impl Events for Toy {
    async fn after_delete(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        session.add(Grave { name: this.name.clone() })?;
        Ok(())
    }
}

impl Play {
    fn some_toy(&mut self) -> Option<(String, Entity<Toy>)> {
        let known: Vec<String> = self.now.toys.keys().filter(|name| !self.touched.contains(*name)).cloned().collect();
        let name = self.dice.pick(&known)?;
        Some((name.clone(), self.toys.get(&name)?.clone()))
    }

    fn new_toy(&mut self) -> (String, Entity<Toy>) {
        let name = self.name("t");
        (name.clone(), Entity::new(Toy { name, ..Toy::default() }))
    }

    fn bury(&mut self, name: &str) {
        self.now.toys.remove(name);
        self.now.graves.insert(name.to_owned());
    }

    /// Deleting an owner deletes its toys.
    pub(super) fn bury_toys_of(&mut self, owner: &str) {
        let toys: Vec<String> =
            self.now.toys.iter().filter(|(_, of)| *of == owner).map(|(name, _)| name.clone()).collect();
        toys.iter().for_each(|name| self.bury(name));
    }

    pub(super) async fn play_with_toys(&mut self, choice: usize) -> Result<(), Error> {
        match choice {
            20 | 21 => {
                let Some((owner, mut person)) = self.someone() else { return Ok(()) };
                let (name, toy) = self.new_toy();
                person.edit().toys.push(&toy);
                self.toys.insert(name.clone(), toy);
                self.now.toys.insert(name.clone(), owner.clone());
                self.touched.extend([name, owner]);
            }
            22 | 23 => {
                let Some((name, toy)) = self.some_toy() else { return Ok(()) };
                let Some((owner, person)) = self.someone() else { return Ok(()) };
                self.move_toy(&name, toy, &owner, person);
            }
            // Removed from its owner, or deleted by name.
            24 => {
                let Some((name, toy)) = self.some_toy() else { return Ok(()) };
                let owner = self.now.toys.get(&name).cloned().unwrap_or_default();
                if toy.status() != Status::Persistent || self.touched.contains(&owner) {
                    return Ok(());
                }
                let Some(mut person) = self.people.get(&owner).cloned() else { return Ok(()) };
                let mut toy = toy;
                match self.dice.roll(3) {
                    0 => person.edit().toys.remove(&toy),
                    1 => toy.edit().person.clear(),
                    _ => self.session.delete(&toy)?,
                }
                self.bury(&name);
                self.touched.extend([name, owner]);
            }
            // A pending toy that is removed again.
            25 => {
                let Some((owner, mut person)) = self.someone() else { return Ok(()) };
                let (_, toy) = self.new_toy();
                let toy = self.session.add(&toy)?;
                person.edit().toys.push(&toy);
                person.edit().toys.remove(&toy);
                self.touched.insert(owner);
            }
            26 => self.delete_and_move().await?,
            27 => self.take_out().await?,
            _ => {
                self.flush().await?;
                let people = self.live();
                self.session.load(&people, Person::TOYS).await?;
            }
        }
        Ok(())
    }

    /// Moves a toy to another person, in one of several ways.
    fn move_toy(&mut self, name: &str, mut toy: Entity<Toy>, owner: &str, mut person: Entity<Person>) {
        let before = self.now.toys.get(name).cloned().unwrap_or_default();
        match self.dice.roll(4) {
            0 => toy.edit().person.set(&person),
            1 if person.id > 0 => toy.edit().person_id = person.id,
            2 if !self.touched.contains(&before) && before != owner => {
                if let Some(mut before) = self.people.get(&before).cloned() {
                    before.edit().toys.remove(&toy);
                }
                person.edit().toys.push(&toy);
                self.touched.insert(owner.to_owned());
            }
            _ => {
                person.edit().toys.push(&toy);
                self.touched.insert(owner.to_owned());
            }
        }
        self.touched.extend([name.to_owned(), before]);
        self.now.toys.insert(name.to_owned(), owner.to_owned());
    }

    /// Deletes a person, and gives away some of the toys before or after the delete is marked.
    async fn delete_and_move(&mut self) -> Result<(), Error> {
        self.flush().await?;
        let (Some((name, person)), Some((heir, to))) = (self.someone(), self.someone()) else { return Ok(()) };
        if name == heir {
            return Ok(());
        }
        let is_first = self.dice.roll(2) == 0;
        if is_first {
            self.session.delete(&person)?;
        }
        let toys: Vec<String> =
            self.now.toys.iter().filter(|(_, owner)| **owner == name).map(|(toy, _)| toy.clone()).collect();
        for toy in toys {
            if self.dice.roll(2) == 0
                && let Some(object) = self.toys.get(&toy).cloned()
            {
                self.move_toy(&toy, object, &heir, to.clone());
            }
        }
        if !is_first {
            self.session.delete(&person)?;
        }
        self.now.people.remove(&name);
        self.now.ranks.remove(&name);
        self.bury_toys_of(&name);
        self.now.notes.values_mut().filter(|owner| owner.as_ref() == Some(&name)).for_each(|owner| *owner = None);
        self.now.members.retain(|(member, _)| *member != name);
        self.flush().await
    }

    /// Expunges a toy: later edits are not written, and its row gets another object afterwards.
    async fn take_out(&mut self) -> Result<(), Error> {
        self.flush().await?;
        self.commit().await?;
        let (Some((name, mut toy)), Some((_, other))) = (self.some_toy(), self.someone()) else { return Ok(()) };
        let Some(owner) = self.now.toys.get(&name).and_then(|owner| self.people.get(owner)).cloned() else {
            return Ok(());
        };
        self.session.expunge(&toy);
        toy.edit().person.set(&other);
        let mut owner = owner;
        // The next flush checks the owner's list.
        owner.edit().name.push('x');
        owner.edit().name.pop();
        self.session.flush().await?;
        self.session.refresh(&owner).await?;
        let again = self.session.query::<Toy>().filter(Toy::NAME.eq(name.clone())).one().await?;
        self.toys.insert(name, again);
        self.flush().await
    }

    /// Compares the toys and their owners with the expected state.
    pub(super) fn compare_toys(&self, names: &BTreeMap<i64, String>) -> Result<(), Error> {
        for (key, expected) in &self.now.toys {
            let Some(toy) = self.toys.get(key) else { continue };
            let said = names.get(&toy.person_id);
            if said != Some(expected) {
                return Err(Error::other(format!("the object {key} says {said:?}, expected {expected:?}")));
            }
            if let Ok(person) = toy.person.get() {
                let said = person.map(|person| person.name.trim_end_matches('x').to_owned());
                if said.as_ref() != Some(expected) {
                    return Err(Error::other(format!("the relation of {key} says {said:?}, expected {expected:?}")));
                }
            }
        }
        for key in self.now.people.keys() {
            let Some(Ok(toys)) = self.people.get(key).map(|person| person.toys.handles()) else { continue };
            let said: BTreeSet<String> = toys.iter().map(|toy| toy.name.clone()).collect();
            let owned = self.now.toys.iter().filter(|(_, owner)| *owner == key);
            let expected: BTreeSet<String> = owned.map(|(toy, _)| toy.clone()).collect();
            if said != expected {
                return Err(Error::other(format!("the toys of {key} are {said:?}, expected {expected:?}")));
            }
        }
        Ok(())
    }
}
