//! The allow-list of functions. Calls of all others are denied before the database gets the statement: on PostgreSQL and
//! MySQL a function can sleep, read files, change settings or kill sessions.

use super::{
    Checker, at,
    decimal::wider,
    operator::{alone, arithmetic_type},
};
use crate::{
    Error, Result,
    resolved::{self, Expr, Function, Type, Typed},
    schema::TypeKind,
    statement::{Call, NodeId, Order, Window},
};

/// The class of a function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Computed from one row's values.
    Scalar,
    /// Computed from a group's rows; may have a window.
    Aggregate,
    /// Requires a window.
    Window,
}

/// An entry of the allow-list.
struct Allowed {
    name: &'static str,
    function: Function,
    class: Class,
    least: usize,
    most: usize,
}

const fn allowed(name: &'static str, function: Function, class: Class, least: usize, most: usize) -> Allowed {
    Allowed { name, function, class, least, most }
}

/// Functions with the same meaning on every database. `length` counts characters of texts and bytes of binary values; `substr` and
/// `position` count from 1, and `position` is 0 for a text that is not found; `left` and `right` of a negative count are empty; `lower`
/// and `upper` convert more than ASCII, except on SQLite; `avg` is a float; `round` rounds halves away from 0; `greatest` and `least`
/// are null where any value is. Parts of a timestamp are those in UTC. `json_length` is null for all documents but arrays.
const ALLOWED: &[Allowed] = &[
    allowed("count", Function::Count, Class::Aggregate, 0, 1),
    allowed("sum", Function::Sum, Class::Aggregate, 1, 1),
    allowed("avg", Function::Avg, Class::Aggregate, 1, 1),
    allowed("min", Function::Min, Class::Aggregate, 1, 1),
    allowed("max", Function::Max, Class::Aggregate, 1, 1),
    allowed("lower", Function::Lower, Class::Scalar, 1, 1),
    allowed("upper", Function::Upper, Class::Scalar, 1, 1),
    allowed("length", Function::Length, Class::Scalar, 1, 1),
    allowed("trim", Function::Trim, Class::Scalar, 1, 1),
    allowed("abs", Function::Abs, Class::Scalar, 1, 1),
    allowed("round", Function::Round, Class::Scalar, 1, 2),
    allowed("coalesce", Function::Coalesce, Class::Scalar, 1, usize::MAX),
    allowed("nullif", Function::Nullif, Class::Scalar, 2, 2),
    allowed("concat", Function::Concat, Class::Scalar, 1, usize::MAX),
    allowed("replace", Function::Replace, Class::Scalar, 3, 3),
    allowed("substr", Function::Substr, Class::Scalar, 2, 3),
    allowed("position", Function::Position, Class::Scalar, 2, 2),
    allowed("left", Function::Left, Class::Scalar, 2, 2),
    allowed("right", Function::Right, Class::Scalar, 2, 2),
    allowed("ltrim", Function::Ltrim, Class::Scalar, 1, 1),
    allowed("rtrim", Function::Rtrim, Class::Scalar, 1, 1),
    allowed("floor", Function::Floor, Class::Scalar, 1, 1),
    allowed("ceil", Function::Ceil, Class::Scalar, 1, 1),
    allowed("sign", Function::Sign, Class::Scalar, 1, 1),
    allowed("greatest", Function::Greatest, Class::Scalar, 2, usize::MAX),
    allowed("least", Function::Least, Class::Scalar, 2, usize::MAX),
    allowed("year", Function::Year, Class::Scalar, 1, 1),
    allowed("month", Function::Month, Class::Scalar, 1, 1),
    allowed("day", Function::Day, Class::Scalar, 1, 1),
    allowed("hour", Function::Hour, Class::Scalar, 1, 1),
    allowed("minute", Function::Minute, Class::Scalar, 1, 1),
    allowed("second", Function::Second, Class::Scalar, 1, 1),
    allowed("add_days", Function::AddDays, Class::Scalar, 2, 2),
    allowed("add_seconds", Function::AddSeconds, Class::Scalar, 2, 2),
    allowed("days_between", Function::DaysBetween, Class::Scalar, 2, 2),
    allowed("json_length", Function::JsonLength, Class::Scalar, 1, 1),
    allowed("json_type", Function::JsonType, Class::Scalar, 1, 1),
    allowed("now", Function::Now, Class::Scalar, 0, 0),
    allowed("current_date", Function::CurrentDate, Class::Scalar, 0, 0),
    allowed("current_time", Function::CurrentTime, Class::Scalar, 0, 0),
    allowed("row_number", Function::RowNumber, Class::Window, 0, 0),
    allowed("rank", Function::Rank, Class::Window, 0, 0),
    allowed("dense_rank", Function::DenseRank, Class::Window, 0, 0),
    allowed("percent_rank", Function::PercentRank, Class::Window, 0, 0),
    allowed("cume_dist", Function::CumeDist, Class::Window, 0, 0),
    allowed("ntile", Function::Ntile, Class::Window, 1, 1),
    allowed("first_value", Function::FirstValue, Class::Window, 1, 1),
    allowed("last_value", Function::LastValue, Class::Window, 1, 1),
    allowed("nth_value", Function::NthValue, Class::Window, 2, 2),
    allowed("lag", Function::Lag, Class::Window, 1, 3),
    allowed("lead", Function::Lead, Class::Window, 1, 3),
];

/// Whether no value can make this function fail. Aggregates count as safe, since they are computed from selected rows.
pub(super) fn never_fails(name: &str) -> bool {
    use Function as F;
    let is_safe = |allowed: &Allowed| {
        allowed.class == Class::Aggregate
            || matches!(
                allowed.function,
                F::Lower | F::Upper | F::Length | F::Coalesce | F::Nullif | F::Greatest | F::Least
            )
            || matches!(allowed.function, F::Now | F::CurrentDate | F::CurrentTime)
    };
    ALLOWED.iter().any(|allowed| allowed.name == name && is_safe(allowed))
}

/// Whether a scalar function has this name, in lower case, and takes this number of arguments.
pub(crate) fn is_row_function(name: &str, arguments: usize) -> bool {
    let fits = |allowed: &&Allowed| allowed.name == name && (allowed.least..=allowed.most).contains(&arguments);
    ALLOWED.iter().find(fits).is_some_and(|allowed| allowed.class == Class::Scalar)
}

impl<'a> Checker<'a> {
    /// Resolves a call, with its window if it has one.
    pub(super) fn call(
        &mut self,
        id: NodeId,
        call: &'a Call,
        window: Option<resolved::Window<'a>>,
        hint: Option<TypeKind>,
    ) -> Result<Typed<'a>> {
        let Some(allowed) = ALLOWED.iter().find(|allowed| allowed.name == call.function) else {
            // Guest-controlled text in a message, cut to the length of a name.
            let name: String = call.function.chars().take(64).collect();
            return Err(Error::Denied(format!("the function {name:?}")));
        };
        self.fits(id, call, allowed, window.is_some())?;
        self.aggregates |= allowed.class == Class::Aggregate;
        if allowed.function == Function::Coalesce {
            return self.coalesce(call.arguments.iter().copied(), hint);
        }
        let (arguments, ty, nullable) = self.arguments(id, call, allowed.function, hint)?;
        let filter = call.filter.map(|filter| self.condition(filter)).transpose()?;
        let function = allowed.function;
        let call = resolved::Call { function, arguments, distinct: call.distinct, filter, window };
        Ok(Typed { nullable, ..Typed::new(Expr::Call(Box::new(call)), ty) })
    }

    fn fits(&self, id: NodeId, call: &Call, allowed: &Allowed, windowed: bool) -> Result<()> {
        let (count, name) = (call.arguments.len(), allowed.name);
        if count < allowed.least || count > allowed.most {
            let most = if allowed.most == usize::MAX { "any number".into() } else { allowed.most.to_string() };
            return Err(at(id, format!("{name} takes {} to {most} arguments, not {count}", allowed.least)));
        }
        match allowed.class {
            Class::Window if !windowed => return Err(at(id, format!("{name} needs a window"))),
            Class::Scalar if windowed => return Err(at(id, format!("{name} takes no window"))),
            _ => {}
        }
        if call.distinct && (allowed.class != Class::Aggregate || windowed || count == 0) {
            return Err(at(id, format!("{name} takes no distinct here")));
        }
        if call.filter.is_some() {
            if allowed.class != Class::Aggregate {
                return Err(at(id, format!("{name} takes no filter")));
            }
            let advice = "this database filters no aggregates; aggregate a case instead";
            self.require(self.can.aggregate_filter, "aggregate-filter", advice)?;
        }
        Ok(())
    }

    /// Resolves the arguments, and the type and nullability of the result.
    #[allow(clippy::type_complexity, reason = "three things that are only known together")]
    fn arguments(
        &mut self,
        id: NodeId,
        call: &'a Call,
        function: Function,
        hint: Option<TypeKind>,
    ) -> Result<(Vec<Typed<'a>>, Type<'a>, Option<bool>)> {
        use Function as F;
        let kind = |kind| Type::Kind(kind);
        self.clock |= matches!(function, F::Now | F::CurrentDate | F::CurrentTime);
        let given = &call.arguments;
        let result = match function {
            F::Count => (self.each(given, &[None])?, kind(TypeKind::Int64), Some(false)),
            F::Sum | F::Avg | F::Abs | F::Round | F::Floor | F::Ceil | F::Sign => {
                let arguments = self.each(given, &[None, Some(TypeKind::Int32)])?;
                for (argument, id) in arguments.iter().zip(given) {
                    self.number(*id, argument)?;
                }
                let ty = numeric_result(function, arguments.first().map_or(Type::Unknown, |a| a.ty));
                (arguments, ty, None)
            }
            F::Min | F::Max => {
                let arguments = self.each(given, &[hint])?;
                let ty = first_type(&arguments);
                (arguments, ty, None)
            }
            F::Lower | F::Upper | F::Trim | F::Ltrim | F::Rtrim | F::Concat | F::Replace => {
                let arguments = self.each(given, &vec![Some(TypeKind::Text); given.len()])?;
                (arguments, kind(TypeKind::Text), None)
            }
            F::Length => (self.each(given, &[Some(TypeKind::Text)])?, kind(TypeKind::Int64), None),
            F::Substr => {
                let hints = [Some(TypeKind::Text), Some(TypeKind::Int32), Some(TypeKind::Int32)];
                (self.each(given, &hints)?, kind(TypeKind::Text), None)
            }
            F::Position => (self.each(given, &[Some(TypeKind::Text); 2])?, kind(TypeKind::Int64), None),
            F::Left | F::Right => {
                (self.each(given, &[Some(TypeKind::Text), Some(TypeKind::Int32)])?, kind(TypeKind::Text), None)
            }
            F::Greatest | F::Least => {
                let (mut arguments, ty) = self.alike(given.iter().copied(), hint)?;
                self.unify(&mut arguments, ty);
                // The result is as wide as the bind values, which may be wider than the columns.
                let ty = match ty.kind() {
                    Some(TypeKind::Int16 | TypeKind::Int32) => kind(TypeKind::Int64),
                    Some(TypeKind::Float32) => kind(TypeKind::Float64),
                    known => known.into(),
                };
                (arguments, ty, None)
            }
            F::Year | F::Month | F::Day | F::Hour | F::Minute | F::Second => {
                (self.moments(id, given, function)?, kind(TypeKind::Int64), None)
            }
            F::AddDays | F::AddSeconds => {
                let mut arguments = self.moments(id, given.get(..1).unwrap_or_default(), function)?;
                let ty = first_type(&arguments).kind().into();
                arguments.extend(self.each(given.get(1..).unwrap_or_default(), &[Some(TypeKind::Int64)])?);
                arguments.iter().skip(1).try_for_each(|count| self.number(id, count))?;
                (arguments, ty, None)
            }
            F::DaysBetween => (self.moments(id, given, function)?, kind(TypeKind::Int64), None),
            F::JsonLength | F::JsonType => {
                let arguments = self.each(given, &[Some(TypeKind::Json)])?;
                if arguments.iter().any(|document| !matches!(document.kind(), None | Some(TypeKind::Json))) {
                    return Err(at(id, "only a JSON document has a JSON type and length"));
                }
                (arguments, kind(if function == F::JsonType { TypeKind::Text } else { TypeKind::Int64 }), Some(true))
            }
            F::Nullif => {
                let (mut arguments, ty) = self.alike(given.iter().copied(), hint)?;
                self.unify(&mut arguments, ty);
                let ty = wider(first_type(&arguments), ty);
                (arguments, ty, Some(true))
            }
            F::Now => (Vec::new(), kind(TypeKind::TimestampTz), Some(false)),
            F::CurrentDate => (Vec::new(), kind(TypeKind::Date), Some(false)),
            F::CurrentTime => (Vec::new(), kind(TypeKind::Time), Some(false)),
            F::RowNumber | F::Rank | F::DenseRank => (Vec::new(), kind(TypeKind::Int64), Some(false)),
            F::PercentRank | F::CumeDist => (Vec::new(), kind(TypeKind::Float64), Some(false)),
            F::Ntile => (self.each(given, &[Some(TypeKind::Int32)])?, kind(TypeKind::Int64), None),
            F::FirstValue | F::LastValue | F::NthValue => {
                let arguments = self.each(given, &[hint, Some(TypeKind::Int32)])?;
                let ty = first_type(&arguments);
                (arguments, ty, None)
            }
            F::Lag | F::Lead => self.neighbour(given, hint)?,
            F::Coalesce => return Err(at(id, "coalesce is an operator")),
        };
        Ok(result)
    }

    /// Resolves dates, times and timestamps. Refuses expressions of unknown type, in which not every database would find the parts.
    fn moments(&mut self, id: NodeId, given: &'a [NodeId], function: Function) -> Result<Vec<Typed<'a>>> {
        use TypeKind as K;
        let kinds: &[K] = match function {
            Function::AddDays | Function::DaysBetween => &[K::Date],
            Function::AddSeconds => &[K::Timestamp, K::TimestampTz],
            Function::Hour | Function::Minute | Function::Second => &[K::Time, K::Timestamp, K::TimestampTz],
            _ => &[K::Date, K::Timestamp, K::TimestampTz],
        };
        let arguments = self.each(given, &vec![kinds.first().copied(); given.len()])?;
        if arguments.iter().any(|argument| argument.kind().is_none_or(|kind| !kinds.contains(&kind))) {
            let names: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
            return Err(at(id, format!("{} is of a {}; cast it", name_of(function), names.join(" or a "))));
        }
        Ok(arguments)
    }

    /// Resolves the arguments of `lag` and `lead`: the value, the offset in rows, and the default past the ends.
    #[allow(clippy::type_complexity, reason = "three things that are only known together")]
    fn neighbour(
        &mut self,
        given: &'a [NodeId],
        hint: Option<TypeKind>,
    ) -> Result<(Vec<Typed<'a>>, Type<'a>, Option<bool>)> {
        let mut arguments = self.each(given.get(..1).unwrap_or_default(), &[hint])?;
        let ty = first_type(&arguments);
        if let Some(distance) = given.get(1) {
            arguments.push(self.value(*distance, Some(TypeKind::Int32))?);
        }
        if let Some(otherwise) = given.get(2) {
            let advice = "this database's lag and lead take no default; use coalesce";
            self.require(self.can.lag_default, "lag-default", advice)?;
            arguments.push(self.value(*otherwise, ty.kind())?);
            let widest = arguments.last().map_or(ty, |otherwise| wider(ty, otherwise.ty));
            let values = arguments.iter_mut().enumerate().filter(|(at, _)| *at != 1).map(|(_, value)| value);
            self.unify(values, widest);
            return Ok((arguments, widest, None));
        }
        Ok((arguments, ty, None))
    }

    fn each(&mut self, given: &'a [NodeId], hints: &[Option<TypeKind>]) -> Result<Vec<Typed<'a>>> {
        let mut arguments = Vec::with_capacity(given.len());
        for (position, id) in given.iter().enumerate() {
            let hint = hints.get(position).copied().flatten();
            let mut argument = self.value(*id, hint)?;
            if hint.is_none() {
                alone(&mut argument);
            }
            arguments.push(argument);
        }
        Ok(arguments)
    }

    /// Resolves a call with a window.
    pub(super) fn window(&mut self, id: NodeId, window: &'a Window, hint: Option<TypeKind>) -> Result<Typed<'a>> {
        let crate::statement::Node::Call(call) = self.node(window.call)? else {
            return Err(at(id, "only a call has a window"));
        };
        let mut partition_by = Vec::with_capacity(window.partition_by.len());
        for key in &window.partition_by {
            partition_by.push(self.value(*key, None)?);
        }
        let order_by = self.orders(&window.order_by)?;
        if let Some(frame) = &window.frame {
            let groups = frame.unit == crate::statement::FrameUnit::Groups;
            if groups && order_by.is_empty() {
                return Err(at(id, "a frame of groups needs an order"));
            }
            let advice = "this database's frames count no groups; use rows or range";
            self.require(!groups || self.can.frame_groups, "frame-groups", advice)?;
            self.ranges(frame, &order_by)?;
        }
        let window = resolved::Window { partition_by, order_by, frame: window.frame.as_ref() };
        self.call(id, call, Some(window), hint)
    }

    /// Refuses a `RANGE` frame with a distance over decimals that are stored as texts: it would find no neighbours.
    fn ranges(&self, frame: &crate::statement::Frame, order_by: &[resolved::Order<'a>]) -> Result<()> {
        use crate::statement::{FrameBound as Bound, FrameUnit};
        let is_distance = |bound: &Bound| matches!(bound, Bound::Preceding(_) | Bound::Following(_));
        let by_distance = frame.unit == FrameUnit::Range && (is_distance(&frame.start) || is_distance(&frame.end));
        let decimal = order_by.iter().any(|order| order.value.kind() == Some(TypeKind::Decimal));
        let advice = "this database's frames do not reckon with decimals; use rows, or order by a float";
        self.require(!(by_distance && decimal && self.can.text_decimals), "frame-range", advice)
    }

    /// Resolves the keys of an `ORDER BY`.
    pub(super) fn orders(&mut self, orders: &'a [Order]) -> Result<Vec<resolved::Order<'a>>> {
        orders
            .iter()
            .map(|order| {
                let value = self.value(order.expression, None)?;
                self.order(order, value)
            })
            .collect()
    }

    /// Resolves one key of an `ORDER BY`.
    pub(super) fn order(&self, order: &'a Order, value: Typed<'a>) -> Result<resolved::Order<'a>> {
        let advice = "this database does not say where nulls come; order by whether it is null first";
        self.require(order.nulls_first.is_none() || self.can.nulls_order, "nulls-order", advice)?;
        Ok(resolved::Order { value, descending: order.descending, nulls_first: order.nulls_first })
    }
}

/// The result type of a numeric function, which is the same on all databases. Most databases need a cast for it.
fn numeric_result(function: Function, ty: Type<'_>) -> Type<'_> {
    let float = Type::Kind(TypeKind::Float64);
    match (function, ty.kind()) {
        (Function::Avg, _) => float,
        (Function::Sign, _) => Type::Kind(TypeKind::Int64),
        (Function::Round | Function::Floor | Function::Ceil, Some(TypeKind::Decimal)) => Type::Kind(TypeKind::Decimal),
        (Function::Round | Function::Floor | Function::Ceil, _) => float,
        (_, Some(TypeKind::Uint64)) if function == Function::Sum => Type::Kind(TypeKind::Int64),
        _ => arithmetic_type(ty),
    }
}

fn first_type<'a>(arguments: &[Typed<'a>]) -> Type<'a> {
    arguments.first().map_or(Type::Unknown, |argument| argument.ty)
}

/// The name of a function, after which unlabelled result columns are named.
pub(super) fn name_of(function: Function) -> &'static str {
    ALLOWED.iter().find(|allowed| allowed.function == function).map_or("coalesce", |allowed| allowed.name)
}
