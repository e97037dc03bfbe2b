//! Objects whose keys are names of the operator's choice.

use std::collections::btree_map::{BTreeMap, Entry};

use super::read::{expected, Read};
use super::reader::{Reader, Text};
use super::report::{At, Report};

/// Where the value of each name stands. The names' order is that in which everything is compiled and told.
pub type Places<'a> = BTreeMap<Text<'a>, u32>;

/// Names, each with what it stands for. One that could not be read keeps its name, so that what refers to it is not
/// reported as dangling as well.
///
/// The names are apart from the values: looking for one is the same code for values of every type.
#[derive(Debug)]
pub struct Named<'a, T> {
    places: Places<'a>,
    values: Box<[Option<T>]>,
}

impl<'a, T> Named<'a, T> {
    /// The names, those without a readable value among them.
    pub fn places(&self) -> &Places<'a> {
        &self.places
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(Text::as_str)
    }

    /// Whether the name is there, be its value readable or not.
    pub fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// What a name stands for, if that could be read.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.value(*self.places.get(name)?)
    }

    /// The values that could be read, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.places.iter().filter_map(|(name, place)| Some((name.as_str(), self.value(*place)?)))
    }

    /// Does something to each value that could be read, in the order of their names.
    pub fn map<U>(&mut self, work: &mut dyn FnMut(&mut T) -> U) -> Vec<U> {
        let Self { places, values } = self;
        let places = places.values();
        places.filter_map(|place| Some(work(values.get_mut(*place as usize)?.as_mut()?))).collect()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The names and the values that could be read.
    pub fn into_pairs(self) -> impl Iterator<Item = (Text<'a>, T)> {
        let mut values = self.values;
        self.places
            .into_iter()
            .filter_map(move |(name, place)| Some((name, values.get_mut(place as usize)?.take()?)))
    }

    fn value(&self, place: u32) -> Option<&T> {
        self.values.get(place as usize)?.as_ref()
    }
}

impl<'a, T: Read<'a>> Read<'a> for Named<'a, T> {
    fn read(reader: &mut Reader<'a>, at: At<'_>, report: &mut Report) -> Option<Self> {
        let mut values = Vec::new();
        let mut read = |name: &str, reader: &mut Reader<'a>, report: &mut Report| {
            values.push(T::read(reader, at.key(name), report));
        };
        let places = places(reader, at, report, &mut read)?;
        Some(Self { places, values: values.into_boxed_slice() })
    }
}

/// Reads an object whose values `read` reads, in the order in which they stand. Repeated keys are reported before what is
/// wrong with the values, and the first of them counts.
fn places<'a>(
    reader: &mut Reader<'a>,
    at: At<'_>,
    report: &mut Report,
    read: &mut dyn FnMut(&str, &mut Reader<'a>, &mut Report),
) -> Option<Places<'a>> {
    if reader.next_byte() != Some(b'{') {
        return expected("an object", reader, at, report);
    }
    let reported = report.len();
    let mut repeated = Vec::new();
    let (mut places, mut count) = (Places::new(), 0_u32);
    reader.object(&mut |reader, name| match places.entry(name) {
        Entry::Vacant(entry) => {
            read(entry.key().as_str(), reader, report);
            entry.insert(count);
            count = count.wrapping_add(1);
        }
        Entry::Occupied(entry) => {
            repeated.push(entry.key().clone());
            reader.skip();
        }
    });
    let in_values = report.split_off(reported);
    for name in &repeated {
        report.error(at.key(name), "this key is repeated");
    }
    report.extend(in_values);
    Some(places)
}
