use proptest::prelude::*;

use std::rc::Rc;

use super::{Budget, Front, Splice};

fn front(body: &[u8], piece: usize) -> Front {
    let mut front = Front::default();
    body.chunks(piece.max(1)).for_each(|piece| front.push(piece.to_vec(), None));
    front
}

/// Three places in order, whatever they were given in.
fn places(mut places: [usize; 4], len: usize) -> [usize; 4] {
    for place in &mut places {
        *place = (*place).checked_rem(len.saturating_add(1)).unwrap();
    }
    places.sort_unstable();
    places
}

proptest! {
    #[test]
    fn an_edit_in_pieces_is_an_edit(
        body in prop::collection::vec(any::<u8>(), 0..64),
        piece in 1usize..9,
        at: [usize; 4],
        first: Vec<u8>,
        second: Vec<u8>,
    ) {
        let [a, b, c, d] = places(at, body.len());
        let splices = [Splice::new(a..b, first), Splice::new(c..d, second)];
        let mut expected = body[..d].to_vec();
        for splice in splices.iter().rev() {
            expected.splice(splice.range.clone(), splice.replacement.iter().copied());
        }
        let edited = front(&body, piece).edited(&splices).unwrap();
        prop_assert_eq!(edited.concat(), expected);
        let one = front(&body, piece).edited(&splices[..1]).unwrap().concat();
        prop_assert_eq!(one, [&body[..a], &splices[0].replacement].concat());
    }
}

#[test]
fn what_was_not_kept_cannot_be_edited() {
    assert_eq!(front(b"abc", 2).edited(&[Splice::new(2..4, "x")]), None);
    assert_eq!(front(b"abc", 2).edited(&[]), None);
    assert_eq!(front(b"", 1).edited(&[Splice::new(0..0, "x")]), Some(vec![b"x".to_vec()]));
}

#[test]
fn fronts_take_no_more_than_their_budget_together() {
    let budget = Rc::new(Budget::new(10));
    let kept = |front: Front| front.edited(&[Splice::new(0..4, "x")]).map(|pieces| pieces.concat());
    let new = |pieces: &[&[u8]]| {
        let mut front = Front::within(&budget);
        pieces.iter().for_each(|piece| front.push(piece.to_vec(), None));
        front
    };
    let (one, other) = (new(&[b"abcd"]), new(&[b"ab", b"cd"]));
    let third = new(&[b"ab", b"cd"]);
    assert_eq!(kept(third), None, "two bytes are left, which it has given back");
    assert_eq!(kept(new(&[b"ab"])), None, "it is too short");
    assert_eq!(kept(one), Some(b"x".to_vec()));
    // Once it had too little it keeps nothing, for there is a gap.
    let mut fourth = new(&[b"ab", b"cdefg"]);
    drop(other);
    fourth.push(b"abcdef".to_vec(), None);
    assert_eq!(kept(fourth), None);
    assert_eq!(kept(new(&[b"abcde", b"fghij"])), Some(b"x".to_vec()), "all of it is free again");
}

#[test]
fn what_lies_behind_the_end_is_not_kept() {
    let budget = Rc::new(Budget::new(10));
    let mut front = Front::within(&budget);
    front.push(b"abcd".to_vec(), None);
    front.push(vec![b'e'; 100_000], Some(6));
    assert_eq!(front.pieces.iter().map(Vec::len).sum::<usize>(), 6);
    assert!(front.pieces.iter().map(Vec::capacity).sum::<usize>() < 100);
    let edited = front.edited(&[Splice::new(1..6, "x")]).map(|pieces| pieces.concat());
    assert_eq!(edited, Some(b"ax".to_vec()));
}
