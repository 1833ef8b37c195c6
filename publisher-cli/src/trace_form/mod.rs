//! Forms of a trace: for people, for maps, for graphs.

pub(crate) mod geojson;
pub(crate) mod graphviz;
pub(crate) mod html;
pub(crate) mod tree;
