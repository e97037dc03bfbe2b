//! Edits of a body in a host that can change it at its two ends only.

use proptest::prelude::*;

use super::{edit, Buffer, Splice, PIECE};

/// What a host would hold, and how much of it at most.
#[derive(Default)]
struct Held {
    body: Vec<u8>,
    most: usize,
    read: usize,
}

/// There are fewer bytes than were asked for.
#[derive(Debug, PartialEq)]
struct Short;

impl Buffer for Held {
    type Error = Short;

    fn front(&mut self, len: usize) -> Result<Vec<u8>, Short> {
        self.read = self.read.max(len);
        self.body.get(..len).map(<[u8]>::to_vec).ok_or(Short)
    }

    fn replace_front(&mut self, len: usize, bytes: &[u8]) -> Result<(), Short> {
        if len > self.body.len() {
            return Err(Short);
        }
        self.body.splice(..len, bytes.iter().copied());
        self.most = self.most.max(self.body.len());
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Short> {
        self.body.extend_from_slice(bytes);
        self.most = self.most.max(self.body.len());
        Ok(())
    }
}

fn edited(body: &[u8], splices: &[Splice], head: &[u8]) -> Held {
    let mut held = Held { body: body.to_vec(), ..Held::default() };
    edit(&mut held, body.len(), splices, head.to_vec()).unwrap();
    held
}

fn expected(body: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut expected = body.to_vec();
    for splice in splices.iter().rev() {
        expected.splice(splice.range.clone(), splice.replacement.iter().copied());
    }
    expected
}

/// Places in order, whatever they were given in: any in a body of so many bytes.
fn places<const N: usize>(mut places: [usize; N], len: usize) -> [usize; N] {
    for place in &mut places {
        *place = (*place).checked_rem(len.saturating_add(1)).unwrap();
    }
    places.sort_unstable();
    places
}

proptest! {
    #[test]
    fn edits_are_edits_wherever_they_stand(
        len in prop_oneof![0..64_usize, PIECE - 2..PIECE + 3, 2 * PIECE - 1..3 * PIECE],
        at: [usize; 4],
        head: usize,
        replacements: [Vec<u8>; 2],
    ) {
        let body: Vec<u8> = (0..len).map(|place| u8::try_from(place % 251).unwrap()).collect();
        let [a, b, c, d] = places(at, len);
        let [first, second] = replacements;
        let splices = [Splice::new(a..b, first), Splice::new(c..d, second)];
        let [head] = places([head], len);
        for splices in [&splices[..], &splices[..1], &[]] {
            let held = edited(&body, splices, &body[..head]);
            prop_assert!(held.body == expected(&body, splices), "{splices:?}");
        }
    }
}

#[test]
fn nothing_takes_more_room_than_a_piece() {
    let body = vec![b'x'; 10 * PIECE];
    for place in [0, 5, PIECE - 4, PIECE - 3, PIECE, 7 * PIECE + 3, body.len() - 4] {
        let splices = [Splice::new(place..place + 4, "y")];
        let held = edited(&body, &splices, &[]);
        assert!(held.body == expected(&body, &splices));
        assert!(held.read <= PIECE && held.most <= body.len(), "{place}");
    }
}

#[test]
fn what_is_at_hand_is_not_read() {
    let splices = [Splice::new(1..3, "--")];
    assert_eq!(edited(b"abcd", &splices, b"abcd").read, 0);
    assert_eq!(edited(b"abcd", &splices, b"abc").read, 0);
    assert_eq!(edited(b"abcd", &splices, b"ab").read, 3);
}

#[test]
fn a_host_that_holds_less_is_an_error() {
    for end in [4, 2 * PIECE] {
        let mut held = Held { body: b"abc".to_vec(), ..Held::default() };
        let splices = [Splice::new(end - 1..end, "x")];
        assert_eq!(edit(&mut held, end, &splices, Vec::new()), Err(Short));
    }
}
