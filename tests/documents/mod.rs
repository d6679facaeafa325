//! Documents: the census of provider behaviour, and the README and the guide, which show tested code and real output.

mod census;
mod guide;
