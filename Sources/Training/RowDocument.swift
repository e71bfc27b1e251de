import Datasets

/// A document of a row, and where it comes from: what is remembered of it is kept under that.
struct RowDocument {
  struct Place: Hashable {
    var isValidation = false
    /// The row, from 0.
    var row: Int
    /// Which document of the row it is.
    var index: Int
  }

  let place: Place
  let example: Example
}
