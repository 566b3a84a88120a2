//! Splits the servers' wire protocols into messages, so that a connection can be cut after any of them.

/// A wire protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Postgres,
    Mysql,
}

/// Splits one direction of a connection into messages.
pub struct Frames {
    protocol: Protocol,
    /// Whether the next message has no type byte: PostgreSQL's first one from a client.
    is_first: bool,
    buffer: Vec<u8>,
}

impl Frames {
    pub fn new(protocol: Protocol, to_server: bool) -> Self {
        Self { protocol, is_first: to_server && protocol == Protocol::Postgres, buffer: Vec::new() }
    }

    /// Appends received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Removes and returns the next message, where it is complete.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        let length = self.length().filter(|length| *length <= self.buffer.len())?;
        self.is_first = false;
        Some(self.buffer.drain(..length).collect())
    }

    /// The length of the next message in bytes, where its header has arrived.
    fn length(&self) -> Option<usize> {
        let four = |at: usize| Some([self.byte(at)?, self.byte(at + 1)?, self.byte(at + 2)?, self.byte(at + 3)?]);
        match self.protocol {
            Protocol::Postgres if self.is_first => Some(u32::from_be_bytes(four(0)?) as usize),
            Protocol::Postgres => Some(1 + u32::from_be_bytes(four(1)?) as usize),
            Protocol::Mysql => {
                let [low, middle, high, _] = four(0)?;
                Some(4 + u32::from_le_bytes([low, middle, high, 0]) as usize)
            }
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.buffer.get(at).copied()
    }
}

#[test]
fn messages_are_told_apart() {
    let mut frames = Frames::new(Protocol::Postgres, true);
    frames.push(&[0, 0, 0, 6, 1, 2, b'Q', 0, 0, 0, 5, 9, b'S', 0, 0]);
    assert_eq!(frames.next().map(|frame| frame.len()), Some(6));
    assert_eq!(frames.next(), Some(vec![b'Q', 0, 0, 0, 5, 9]));
    assert_eq!(frames.next(), None);
    let mut frames = Frames::new(Protocol::Mysql, false);
    frames.push(&[2, 0, 0, 7, 1, 1, 0, 0, 0, 8]);
    assert_eq!((frames.next(), frames.next()), (Some(vec![2, 0, 0, 7, 1, 1]), Some(vec![0, 0, 0, 8])));
}
