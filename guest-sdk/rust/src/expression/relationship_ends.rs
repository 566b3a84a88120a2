//! The join conditions of a relationship: which columns of which sources are equal.

use std::borrow::Cow;

use super::{Children, FromTable, Node};
use crate::{
    Result,
    bindings::sqlservice::database::statements::{self, BinaryOp, Node as Form},
    mapping::Mapper,
};

/// The prefix of generated aliases: a statement names a self-referential table twice.
const PREFIX: &str = "related_";

/// Both sides of a relationship, and the secondary table between them.
pub(crate) struct RelationshipEnds {
    pub(crate) owner: FromTable,
    pub(crate) target: FromTable,
    /// The owner's columns and the other side's. They equal each other, or the secondary table's.
    local: Vec<Cow<'static, str>>,
    remote: Vec<Cow<'static, str>>,
    pub(crate) between: Option<SecondaryTable>,
}

/// The secondary table of a many-to-many relationship.
pub(crate) struct SecondaryTable {
    pub(crate) source: FromTable,
    local: Vec<Cow<'static, str>>,
    remote: Vec<Cow<'static, str>>,
}

fn source(mapper: &Mapper, alias: Option<&'static str>) -> FromTable {
    FromTable { table: mapper.table.into(), schema: mapper.schema.map(Into::into), alias: alias.map(Into::into) }
}

/// The condition that columns of one source equal those of another.
fn equal(one: &FromTable, ones: &[Cow<'static, str>], other: &FromTable, others: &[Cow<'static, str>]) -> Node {
    let pair = |(name, to): (&Cow<'static, str>, &Cow<'static, str>)| {
        let sides = [(one, name), (other, to)].map(|(source, name)| Node::column(Some(source.clone()), name.clone()));
        let [left, right] = sides;
        Node::binary(BinaryOp::Equal, left, right)
    };
    Node::all(ones.iter().zip(others).map(pair).collect())
}

impl RelationshipEnds {
    /// The ends of a model's relationship, each under its table's name or an alias.
    pub(crate) fn new(
        mapper: &'static Mapper,
        position: usize,
        owner: Option<&'static str>,
        target: Option<&'static str>,
    ) -> Result<Self> {
        let relation = mapper.relation(position)?;
        let of = (relation.target)();
        let names = |mapper: &'static Mapper, columns: &[usize]| -> Vec<Cow<'static, str>> {
            columns.iter().filter_map(|&at| mapper.columns.get(at)).map(|&name| Cow::Borrowed(name)).collect()
        };
        let between = relation.secondary.as_ref().map(|secondary| SecondaryTable {
            source: FromTable {
                table: secondary.table.clone().into(),
                schema: secondary.schema.clone().map(Into::into),
                alias: target.map(|alias| format!("{alias}_pair").into()),
            },
            local: secondary.local.iter().cloned().map(Cow::Owned).collect(),
            remote: secondary.remote.iter().cloned().map(Cow::Owned).collect(),
        });
        Ok(Self {
            owner: source(mapper, owner),
            target: source(of, target),
            local: names(mapper, &relation.local),
            remote: names(of, &relation.remote),
            between,
        })
    }

    /// The join condition between the owner and the other side, or the secondary table where there is one.
    pub(crate) fn of_owner(&self) -> Node {
        match &self.between {
            None => equal(&self.target, &self.remote, &self.owner, &self.local),
            Some(between) => equal(&between.source, &between.local, &self.owner, &self.local),
        }
    }

    /// The join condition between the other side and the secondary table; nothing without a secondary table.
    pub(crate) fn of_between(&self) -> Option<Node> {
        let between = self.between.as_ref()?;
        Some(equal(&self.target, &self.remote, &between.source, &between.remote))
    }

    /// The columns of the other side, or of the secondary table, that identify a row's owner.
    pub(crate) fn finders(&self) -> Vec<Node> {
        let (source, names) = match &self.between {
            None => (&self.target, &self.remote),
            Some(between) => (&between.source, &between.local),
        };
        names.iter().map(|name| Node::column(Some(source.clone()), name.clone())).collect()
    }

    /// The other side as a source, joined to the secondary table where there is one.
    pub(crate) fn related(&self) -> Node {
        match (&self.between, self.of_between()) {
            (Some(between), Some(on)) => {
                let mut children = Children::default();
                let (left, right) = (children.add(between.source.node()), children.add(self.target.node()));
                let on = Some(children.add(on));
                let kind = statements::JoinKind::Inner;
                children.node(Form::Join(statements::Join { kind, left, right, on }))
            }
            _ => self.target.node(),
        }
    }

    /// Whether a row of the secondary table has a row of the other side that fulfils the filter.
    pub(crate) fn leads_to(&self, on: Node, filter: Node) -> Node {
        let columns = self.remote.iter().take(1).map(|name| Node::column(Some(self.target.clone()), name.clone()));
        exists(columns.collect(), self.target.node(), Node::all(vec![on, filter]))
    }

    /// Whether there is a related row that fulfils the filter. In a self-referential table, columns without an alias are the
    /// related row's.
    pub(crate) fn exists(mut self, filter: Option<Node>) -> Node {
        let mut filter = filter;
        if self.target.name() == self.owner.name() {
            let alias = format!("{PREFIX}{}", filter.as_ref().map_or(0, |filter| filter.deepest(PREFIX)) + 1);
            filter = filter.map(|filter| filter.renamed(self.target.name(), &alias));
            if let Some(between) = &mut self.between {
                between.source.alias = Some(format!("{alias}_pair").into());
            }
            self.target.alias = Some(alias.into());
        }
        let mut conditions = vec![self.of_owner()];
        conditions.extend(filter);
        exists(self.finders().into_iter().take(1).collect(), self.related(), Node::all(conditions))
    }
}

/// Whether a source has a row that fulfils the filter.
fn exists(columns: Vec<Node>, source: Node, filter: Node) -> Node {
    let mut children = Children::default();
    let select = statements::Select {
        ctes: Vec::new(),
        columns: children.all(columns),
        distinct: false,
        source: Some(children.add(source)),
        where_: Some(children.add(filter)),
        group_by: Vec::new(),
        having: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        lock: None,
    };
    Node::with([children.node(Form::Select(select))], |[query]| Form::Exists(query))
}
