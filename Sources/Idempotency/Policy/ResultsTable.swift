/// What becomes of an answer by its status (DESIGN "What each policy decides", CONFORMANCE E9, E10).
///
/// The narrower entry wins; a status in no entry is stored. One list that is given replaces its default, the others
/// stay. Every decision is made when the table is built: a look-up is one load.
public struct ResultsTable: Sendable, Hashable {
  /// What is stored; by default every status.
  public let stored: [StatusRange]
  /// What frees the key; by default what says that the request was not accepted: 401, 407, 408, 425, 429.
  public let released: [StatusRange]
  /// What leaves the outcome unknown; by default what an intermediary says in an origin's place: 502, 503, 504.
  public let uncertain: [StatusRange]
  /// Whether a 503 with Retry-After, by which a server says that it is not taking requests, frees the key.
  public let releasesRetryAfter: Bool

  private let verdicts: [StatusVerdict]

  /// The table of a policy that configures none.
  public static let `default` = ResultsTable(
    defaultVerdicts: (stored: ranges([200...599]), released: ranges([401, 407, 408, 425, 429].map { $0...$0 })),
    uncertain: ranges([502...502, 503...503, 504...504]))

  /// Makes a table.
  /// - Parameters:
  ///   - stored: What is stored; nil is the default.
  ///   - released: What frees the key; nil is the default.
  ///   - uncertain: What leaves the outcome unknown; nil is the default.
  /// - Throws: ``ResultsTableError`` when entries of equal width in two lists claim one status, defaults included.
  public init(
    stored: [StatusRange]? = nil, released: [StatusRange]? = nil, uncertain: [StatusRange]? = nil
  ) throws(ResultsTableError) {
    self.stored = stored ?? Self.default.stored
    self.released = released ?? Self.default.released
    self.uncertain = uncertain ?? Self.default.uncertain
    // "Names" is taken literally: 503 itself. A class that 503 happens to fall into says nothing about Retry-After.
    releasesRetryAfter = ![stored, released, uncertain].contains { $0?.contains { $0.codes == 503...503 } ?? false }
    verdicts = try Self.verdicts([
      (.stored, self.stored), (.released, self.released), (.uncertain, self.uncertain),
    ])
  }

  private init(defaultVerdicts lists: (stored: [StatusRange], released: [StatusRange]), uncertain: [StatusRange]) {
    (stored, released) = lists
    self.uncertain = uncertain
    releasesRetryAfter = true
    do throws(ResultsTableError) {
      verdicts = try Self.verdicts([(.stored, stored), (.released, released), (.uncertain, uncertain)])
    } catch {
      preconditionFailure("the default lists contradict each other: \(error)")
    }
  }

  /// What becomes of an answer.
  ///
  /// - Parameters:
  ///   - status: The answer's final status code; one outside 100 to 599 is stored.
  ///   - hasRetryAfter: Whether the answer has a Retry-After field.
  /// - Returns: The verdict, unless the origin's `Idempotency-Result` says otherwise.
  public func verdict(status: Int, hasRetryAfter: Bool) -> StatusVerdict {
    if status == 503, hasRetryAfter, releasesRetryAfter { return .released }
    let index = status - StatusRange.all.lowerBound
    return verdicts.indices.contains(index) ? verdicts[index] : .stored
  }

  private static func verdicts(
    _ lists: [(verdict: StatusVerdict, ranges: [StatusRange])]
  ) throws(ResultsTableError) -> [StatusVerdict] {
    var table: [StatusVerdict] = []
    for status in StatusRange.all {
      var best: (verdict: StatusVerdict, range: StatusRange)?
      for list in lists {
        // Where several entries of one list hold the status, its narrowest stands for it.
        let candidates = list.ranges.filter { $0.codes.contains(status) }
        guard let range = candidates.min(by: { $0.width < $1.width }) else { continue }
        if let best, best.range.width == range.width {
          // A third list may be narrower still; then there is no contradiction at this status.
          let widths = lists.flatMap(\.ranges).filter { $0.codes.contains(status) }.map(\.width)
          guard let narrowest = widths.min(), narrowest < range.width else {
            throw ResultsTableError(status: status, lists: [best.verdict, list.verdict], width: range.width)
          }
        } else if best.map({ range.width < $0.range.width }) ?? true {
          best = (list.verdict, range)
        }
      }
      table.append(best?.verdict ?? .stored)
    }
    return table
  }

  private static func ranges(_ codes: [ClosedRange<Int>]) -> [StatusRange] {
    codes.compactMap { StatusRange($0) }
  }
}
