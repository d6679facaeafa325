//! Documents: the census of provider behaviour.

mod census;
