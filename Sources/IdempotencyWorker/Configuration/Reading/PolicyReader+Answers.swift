import Idempotency

extension PolicyReader {
  /// The statuses that the layer may answer with: all final ones (RFC 9110 section 15).
  private static let ownStatuses = 200...599
  /// 64 MiB: held in memory for each request while it is fingerprinted.
  private static let requestBodies = 0...64 << 20
  /// 8 MiB: the answer travels to Redis with its head, and a connection's queue holds 64 MiB.
  private static let responseBodies = 0...8 << 20

  /// Reads what becomes of answers.
  func readAnswers(_ policy: inout IdempotencyPolicy) {
    policy.results = results(section.section("results"))
    let statuses = section.section("statuses")
    policy.statuses.mismatch = statuses.integer("mismatch", default: policy.statuses.mismatch, in: Self.ownStatuses)
    policy.statuses.inProgress = statuses.integer(
      "inProgress", default: policy.statuses.inProgress, in: Self.ownStatuses)
    policy.statuses.uncertain = statuses.integer("uncertain", default: policy.statuses.uncertain, in: Self.ownStatuses)
    policy.statuses.notRetained = statuses.integer(
      "notRetained", default: policy.statuses.notRetained, in: Self.ownStatuses)
    let limits = section.section("limits")
    policy.limits.requestBody = limits.size("requestBody", default: policy.limits.requestBody, in: Self.requestBodies)
    policy.limits.responseBody = limits.size(
      "responseBody", default: policy.limits.responseBody, in: Self.responseBodies)
    let replay = section.section("replay")
    policy.replayMarker =
      replay.value("marker", expected: "the name of a header field", read: HeaderName.parse) ?? policy.replayMarker
    policy.withheld = replay.fieldNames("withhold").map(Set.init) ?? policy.withheld
  }

  private func results(_ section: Section) -> ResultsTable {
    let expected = "a status or a range of them, such as 503, 4xx, 500-599 or 2xx-5xx"
    // A list that says its default is none: else naming 503 as the default does would change what Retry-After means.
    func list(_ key: String, default: [StatusRange]) -> [StatusRange]? {
      section.values(key, expected: expected) { StatusRange($0) }.flatMap { Set($0) == Set(`default`) ? nil : $0 }
    }
    let usual = ResultsTable.default
    do throws(ResultsTableError) {
      return try ResultsTable(
        stored: list("stored", default: usual.stored), released: list("released", default: usual.released),
        uncertain: list("uncertain", default: usual.uncertain))
    } catch {
      section.context.add(
        "gives status \(error.status) two results: it stands in \(error.lists.map { "\($0)" }.joined(separator: " and ")) "
          + "with equal width; expected one of them (a list that is not given keeps its default)",
        at: section.location, path: section.path)
      return .default
    }
  }
}
