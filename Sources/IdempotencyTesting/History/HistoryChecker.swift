/// Finds what a history shows that must never happen: DESIGN's invariants, by their numbers.
///
/// It checks what the recorded parts allow to check, and reports nothing about parts that are not there. Each rule is
/// meant to be sound: where a history can be explained, it is not reported.
///
/// ```swift
/// let violations = HistoryChecker(history).violations()
/// ```
public struct HistoryChecker: Sendable {
  /// What is checked.
  public let history: History
  /// How many steps the search for a linearization takes per key.
  ///
  /// A key of some hundred commands by four owners takes about as many steps as it has commands; 200,000 take seconds,
  /// and a search that needs more would not end in hours either.
  public let searchLimit: Int

  /// Makes a checker.
  ///
  /// - Parameters:
  ///   - history: What is checked.
  ///   - searchLimit: How many steps the search for a linearization takes per key before it gives up, which counts as
  ///     a violation.
  public init(_ history: History, searchLimit: Int = 200_000) {
    self.history = history
    self.searchLimit = searchLimit
  }

  /// Everything that must never happen and did.
  ///
  /// - Returns: The violations: those of keys in the order of the keys, then those of the whole run. Empty is good.
  public func violations() -> [Violation] {
    let run = RunHistory(history)
    var found: [Violation] = []
    for key in run.keys {
      found += effectsHappenOnce(key)
      found += answersAgree(key)
      found += replaysAreReal(key, run)
      found += replaysFollowEffects(key)
      found += statesMove(key)
      found += leasesDoNotOverlap(key, run)
      found += latestTokenCompletes(key)
      found += mismatchesDoNothing(key)
      found += inProgressHasALease(key)
      found += keySettles(key)
      found += definiteFailuresHaveNoEffect(key)
      found += answersEcho(key)
      found += acknowledgedStays(key)
    }
    found += countsAgree()
    found += commandsAreLinearizable()
    return found
  }

  /// What of `required` did not happen in this run (I15): a run that missed something proves nothing about it.
  ///
  /// - Parameter required: Names as they stand in ``History/situations``.
  /// - Returns: Those that are not there.
  public func missing(_ required: Set<String>) -> Set<String> {
    required.subtracting(history.situations)
  }

  /// Something that must never happen.
  public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// The invariant, such as `I1`, or `linearizability`.
    public let invariant: String
    /// What was seen.
    public let description: String

    /// Makes a violation.
    public init(_ invariant: String, _ description: String) {
      self.invariant = invariant
      self.description = "\(invariant): \(description)"
    }
  }
}
