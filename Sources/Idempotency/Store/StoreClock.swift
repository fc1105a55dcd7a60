/// The store's time as this process knows it, without asking.
public protocol StoreClock: Sendable {
  /// The upper bound of the store's time at `instant`, in Unix milliseconds; nil while no offset is known.
  ///
  /// Deadlines are written and leases judged by this bound: for its owner a lease is over no later than for the store. A
  /// time outside ``Moment/serverTimes`` counts as none.
  func upperBound(at instant: BootInstant) -> Int64?
}
