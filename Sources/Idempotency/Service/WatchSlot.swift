/// One exchange's watch, whose first change may come, and end the wait, before the watch itself is in our hands.
enum WatchSlot: Sendable {
  /// Nothing is listened to.
  case empty
  /// Asked for.
  case coming
  case watching(any StoreWatch)

  /// Takes a watch that was asked for; false where nobody wants it any more.
  mutating func take(_ watch: any StoreWatch) -> Bool {
    guard case .coming = self else { return false }
    self = .watching(watch)
    return true
  }

  /// Gives up the watch; nil where there is none to cancel.
  mutating func clear() -> (any StoreWatch)? {
    defer { self = .empty }
    if case .watching(let watch) = self { return watch }
    return nil
  }
}
