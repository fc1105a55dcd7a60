import Testing

extension Report {
  /// How many violations of a run are told one by one.
  private static let maximumTold = 8

  /// Has the test fail for everything that must not have happened.
  func expectNone(_ where: String) {
    for violation in violations.prefix(Self.maximumTold) { Issue.record("\(`where`): \(violation)") }
    if violations.count > Self.maximumTold { Issue.record("\(`where`): \(violations.count) violations in all") }
  }
}
