//! Regions and locsets: which parts of a cell are meant.
