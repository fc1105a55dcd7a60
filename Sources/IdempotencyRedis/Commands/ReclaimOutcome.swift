/// The first integer of reclaim's answer.
enum ReclaimOutcome: Int, CaseIterable {
  /// Taken over; the attempt follows.
  case granted = 1
  /// The lease was over under hold, or attempts have run out.
  case uncertain = 2
  /// The lease was over under store.
  case settled = 3
  /// Changed since it was read, or its lease lives; the record follows.
  case standing = 4
  /// There is no record.
  case absent = 5
  /// What stands there is no record.
  case unreadable = 9
}
