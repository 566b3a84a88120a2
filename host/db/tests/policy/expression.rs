//! Random expressions. Those that can fail do so only for values of hidden rows.

use sqlservice_sql::{Dialect, Scalar, schema::TypeKind, statement::*};

use crate::{
    data::HIDDEN,
    maker::{Holds, Maker, Sort},
};

impl Maker<'_, '_> {
    pub fn of_sort(&mut self, sort: Sort, depth: usize) -> NodeId {
        match sort {
            Sort::Int => self.int(depth),
            Sort::Text => self.text(depth),
            Sort::Truth => self.truth(depth),
        }
    }

    /// An integer expression, which is small for visible rows.
    pub fn int(&mut self, depth: usize) -> NodeId {
        let plain = |maker: &mut Self| maker.column(|holds| holds.sort() == Sort::Int && holds != Holds::Number);
        match self.dice.below(if depth == 0 { 3 } else { 12 }) {
            0 => plain(self),
            1 => self.column(|holds| holds == Holds::Number),
            2 => None,
            3..=5 => self.fallible_int(),
            6 => {
                let (left, right) = (self.int(depth - 1), self.int(depth - 1));
                let op = self.dice.of(&[BinaryOp::Add, BinaryOp::Subtract]);
                // This overflows for numbers of hidden rows.
                Some(self.arena.bin(left, op, right))
            }
            7 => {
                let text = self.text(depth - 1);
                Some(self.arena.call("length", &[text]))
            }
            8 => Some(self.case(Sort::Int, depth)),
            9 => {
                let (value, other) = (self.int(depth - 1), self.int(depth - 1));
                Some(self.arena.listed(ListOp::Coalesce, &[value, other]))
            }
            10 => self.scalar(Sort::Int, depth),
            _ => {
                let (left, right) = (self.int(depth - 1), self.int(depth - 1));
                let name = self.dice.of(&["greatest", "least", "nullif"]);
                Some(self.arena.call(name, &[left, right]))
            }
        }
        .unwrap_or_else(|| self.small())
    }

    /// A small constant, sometimes one that also occurs in the policy.
    pub fn small(&mut self) -> NodeId {
        let value = self.dice.of(&[0, 1, 2, 3, 7, 5]);
        self.arena.int(value)
    }

    /// An integer expression that fails for numbers and texts of hidden rows.
    pub fn fallible_int(&mut self) -> Option<NodeId> {
        if self.dice.one_in(3) {
            return match self.dice.below(3) {
                0 | 1 => {
                    let word = self.column(|holds| holds == Holds::Word)?;
                    Some(self.to(word, TypeKind::Int64))
                }
                _ => self.scalar_by_slug(),
            };
        }
        let number = self.column(|holds| holds == Holds::Number)?;
        Some(match self.dice.below(7) {
            0 | 1 => {
                let (hidden, dividend) = (self.arena.int(HIDDEN), self.small());
                let divisor = self.arena.bin(number, BinaryOp::Subtract, hidden);
                let op = self.dice.of(&[BinaryOp::Divide, BinaryOp::Modulo]);
                self.arena.bin(dividend, op, divisor)
            }
            2 => {
                let two = self.arena.int(3);
                self.arena.bin(number, BinaryOp::Multiply, two)
            }
            3 => {
                let one = self.arena.int(1);
                let op = self.dice.of(&[BinaryOp::Add, BinaryOp::Subtract]);
                let once = self.arena.bin(number, op, one);
                self.arena.bin(once, op, one)
            }
            4 => self.to(number, TypeKind::Int16),
            5 => {
                let two = self.arena.int(2);
                let less = self.arena.bin(number, BinaryOp::Subtract, two);
                self.arena.call("abs", &[less])
            }
            _ => {
                let negative = self.arena.un(UnaryOp::Negate, number);
                let two = self.arena.int(2);
                self.arena.bin(negative, BinaryOp::Subtract, two)
            }
        })
    }

    pub fn text(&mut self, depth: usize) -> NodeId {
        match self.dice.below(if depth == 0 { 3 } else { 10 }) {
            0 | 1 => self.column(|holds| holds.sort() == Sort::Text),
            2 => None,
            3 => {
                let text = self.text(depth - 1);
                let name = self.dice.of(&["lower", "upper", "trim"]);
                Some(self.arena.call(name, &[text]))
            }
            4 => {
                let (left, right) = (self.text(depth - 1), self.text(depth - 1));
                Some(self.arena.bin(left, BinaryOp::Concat, right))
            }
            5 => Some(self.case(Sort::Text, depth)),
            6 => {
                let (value, other) = (self.text(depth - 1), self.text(depth - 1));
                Some(self.arena.listed(ListOp::Coalesce, &[value, other]))
            }
            7 => self.member(),
            8 => {
                let number = self.int(depth - 1);
                Some(self.to(number, TypeKind::Text))
            }
            _ => self.piece(),
        }
        .unwrap_or_else(|| self.a_text())
    }

    pub fn a_text(&mut self) -> NodeId {
        let text = self.dice.of(&["red", "blue", "s1", "r%", "7"]);
        self.arena.text(text)
    }

    /// A member of a JSON document. In hidden rows the text is no JSON.
    fn member(&mut self) -> Option<NodeId> {
        let doc = self.column(|holds| holds == Holds::Doc)?;
        let doc = self.to(doc, TypeKind::Json);
        let key = if self.dice.one_in(2) { self.arena.text("a") } else { self.arena.int(0) };
        Some(self.arena.bin(doc, BinaryOp::JsonGetText, key))
    }

    /// A substring whose length is out of range in hidden rows.
    fn piece(&mut self) -> Option<NodeId> {
        let number = self.column(|holds| holds == Holds::Number)?;
        let (count, start, text) = (self.to(number, TypeKind::Int32), self.arena.int(1), self.text(0));
        Some(self.arena.call("substr", &[text, start, count]))
    }

    pub fn truth(&mut self, depth: usize) -> NodeId {
        match self.dice.below(if depth == 0 { 4 } else { 15 }) {
            0 => self.column(|holds| holds == Holds::Truth),
            1 | 2 => Some(self.compared(Sort::Int, 0)),
            3 => Some(self.compared(Sort::Text, 0)),
            4 | 5 => Some(self.compared(Sort::Int, depth - 1)),
            6 => Some(self.compared(Sort::Text, depth - 1)),
            7 => {
                let sort = self.dice.of(&[Sort::Int, Sort::Text]);
                let value = self.of_sort(sort, depth - 1);
                let op = self.dice.of(&[UnaryOp::IsNull, UnaryOp::IsNotNull]);
                Some(self.arena.un(op, value))
            }
            8 => {
                let first = self.int(depth - 1);
                let items = [first, self.small(), self.small()];
                let op = self.dice.of(&[ListOp::InList, ListOp::NotInList, ListOp::Between]);
                Some(self.arena.listed(op, &items))
            }
            9 | 10 => self.matching(),
            11 => {
                let items = [self.truth(depth - 1), self.truth(depth - 1)];
                let op = self.dice.of(&[ListOp::And, ListOp::Or]);
                Some(self.arena.listed(op, &items))
            }
            12 => {
                let inner = self.truth(depth - 1);
                Some(self.arena.un(UnaryOp::Not, inner))
            }
            13 => self.exists(depth),
            _ => self.membership(depth),
        }
        .unwrap_or_else(|| self.arena.lit(Scalar::Boolean(true)))
    }

    fn compared(&mut self, sort: Sort, depth: usize) -> NodeId {
        let comparisons = [
            BinaryOp::Equal,
            BinaryOp::NotEqual,
            BinaryOp::Less,
            BinaryOp::GreaterEqual,
            BinaryOp::IsDistinct,
            BinaryOp::IsNotDistinct,
        ];
        let (left, op) = (self.of_sort(sort, depth), self.dice.of(&comparisons));
        // MariaDB compares a text with a number numerically, and fails in a change where the text is no number.
        if self.dialect == Dialect::Mariadb
            && self.dice.one_in(6)
            && let Some(word) = self.column(|holds| holds == Holds::Word)
            && let Some(number) = self.column(|holds| holds.sort() == Sort::Int)
        {
            return self.arena.bin(word, op, number);
        }
        let right = self.of_sort(sort, depth);
        self.arena.bin(left, op, right)
    }

    /// A match with a pattern, which fails for patterns of hidden rows.
    fn matching(&mut self) -> Option<NodeId> {
        let pattern = self.column(|holds| holds == Holds::Pattern)?;
        let value = self.text(0);
        let (ignore_case, negated) = (self.dice.one_in(3), self.dice.one_in(3));
        Some(self.arena.add(Node::Matching(Matching { value, pattern, escape: Some('!'), ignore_case, negated })))
    }

    fn case(&mut self, sort: Sort, depth: usize) -> NodeId {
        let condition = self.truth(depth - 1);
        let (then, otherwise) = (self.of_sort(sort, depth - 1), self.of_sort(sort, depth - 1));
        let otherwise = (!self.dice.one_in(3)).then_some(otherwise);
        self.arena.add(Node::Case(Case { whens: vec![When { condition, then }], otherwise }))
    }
}
