//! The work through a guest.

use sqlservice_host::{Durability, Engine, Grant, Instance, Plugin, Settings, Tenant, Val};

use crate::{
    Result,
    work::{Sizes, Work},
};

pub struct Guest {
    tenant: Tenant,
    plugin: Plugin,
    instance: Instance,
    /// The number of the next row that is inserted.
    next: u32,
}

impl Guest {
    pub async fn new(url: &str, durability: Durability) -> Result<Self> {
        let settings = Settings::default().durability(durability);
        let engine = Engine::new()?;
        let plugin = engine.load_file(sqlservice_tests::component::GUEST_READER)?;
        let grant = Grant::open(url, settings)?.schema_changes(true);
        let tenant = engine.tenant("bench").database("default", grant).build()?;
        let instance = plugin.instantiate(&tenant).await?;
        Ok(Self { tenant, plugin, instance, next: 1 << 24 })
    }

    pub async fn prepare(&mut self, rows: u32) -> Result<()> {
        self.call("prepare", &[Val::U32(rows)]).await.map(drop)
    }

    /// Runs the work; returns a number that proves that it was done.
    pub async fn work(&mut self, work: Work, sizes: Sizes) -> Result<i64> {
        match work {
            Work::Read => self.call("read", &[]).await,
            Work::Point => self.call("point", &[Val::U32(sizes.points), Val::U32(sizes.rows)]).await,
            Work::Built => self.call("built", &[Val::U32(sizes.points), Val::U32(sizes.rows)]).await,
            Work::Bulk => {
                self.next += sizes.bulk;
                self.call("insert", &[Val::U32(self.next), Val::U32(sizes.bulk)]).await
            }
            Work::Load => self.call("load", &[Val::U32(sizes.load)]).await,
            Work::Flush => {
                self.next += sizes.flush;
                self.call("flush", &[Val::U32(self.next), Val::U32(sizes.flush)]).await
            }
            Work::Dirty => self.call("dirty", &[Val::U32(sizes.dirty)]).await,
            Work::Eager => self.call("eager", &[Val::U32(sizes.eager)]).await,
            Work::Ddl => self.call("ddl", &[Val::U32(sizes.tables)]).await,
            Work::Cross => self.call("cross", &[Val::U32(sizes.points)]).await,
            Work::Instance => {
                for _ in 0..sizes.calls {
                    self.plugin.instantiate(&self.tenant).await?.call("nothing", &[]).await?;
                }
                Ok(0)
            }
            Work::Call => {
                for _ in 0..sizes.calls {
                    self.instance.call("nothing", &[]).await?;
                }
                Ok(0)
            }
            Work::Open => {
                for _ in 0..sizes.calls {
                    self.call("cross", &[Val::U32(0)]).await?;
                }
                Ok(0)
            }
            // It uses instances of its own.
            Work::Crowd => Ok(0),
        }
    }

    async fn call(&mut self, function: &str, arguments: &[Val]) -> Result<i64> {
        call(&mut self.instance, function, arguments).await
    }

    pub async fn end(self) -> Result<()> {
        drop(self.instance);
        self.tenant.close().await;
        Ok(())
    }
}

/// Calls a function of an instance.
pub async fn call(instance: &mut Instance, function: &str, arguments: &[Val]) -> Result<i64> {
    match instance.call(function, arguments).await? {
        Some(Val::Result(Ok(answer))) => Ok(answer.as_deref().map_or(0, number)),
        answer => Err(format!("{function} said {answer:?}").into()),
    }
}

/// The result as a number, or the last number of a tuple.
fn number(answer: &Val) -> i64 {
    match answer {
        Val::S64(number) => *number,
        Val::U64(number) => number.cast_signed(),
        Val::Tuple(parts) => parts.last().map_or(0, number),
        _ => 0,
    }
}
