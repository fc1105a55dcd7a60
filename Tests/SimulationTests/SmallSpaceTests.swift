import Idempotency
import IdempotencyTesting
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Two requests with one key at two nodes, in every order and with every fault that a budget allows: where the
/// simulation has luck, this leaves nothing out.
///
/// `SMALL_SPACE=large` searches larger budgets, for about a quarter of an hour.
@Suite("Small space: two workers, two clients, one key, completely")
struct SmallSpaceTests {
  private static let isLarge = getenv("SMALL_SPACE").map { String(cString: $0) } == "large"

  /// What nodes choose; the last pair differs, as while a configuration is changed node by node.
  static let choices: [[UnknownOutcome]] = [
    [.hold, .hold], [.store, .store], [.executeAgain, .executeAgain], [.hold, .executeAgain],
  ]

  /// What may go wrong at once.
  private static let budgets: [SmallSpaceBudget] =
    isLarge
    ? [
      SmallSpaceBudget(crashes: 1, losses: 1, origins: 1, retries: 0, ticks: 1),
      SmallSpaceBudget(crashes: 1, losses: 0, origins: 1, retries: 1, ticks: 2),
      SmallSpaceBudget(crashes: 0, losses: 1, origins: 0, retries: 1, ticks: 2),
    ]
    : [
      SmallSpaceBudget(crashes: 1, losses: 1, origins: 0, retries: 0, ticks: 1),
      SmallSpaceBudget(crashes: 1, losses: 0, origins: 1, retries: 0, ticks: 1),
      SmallSpaceBudget(crashes: 0, losses: 1, origins: 0, retries: 1, ticks: 1),
    ]

  static func settings(
    _ choices: [UnknownOutcome], _ budget: SmallSpaceBudget, mutation: SimulationMutation? = nil
  ) -> SmallSpace.Settings {
    var settings = SmallSpace.Settings(unknownOutcome: choices[0], budget: budget, mutation: mutation)
    settings.choices = choices
    return settings
  }

  /// Searches, and says what was found.
  @discardableResult
  private func search(_ settings: SmallSpace.Settings) -> Set<String> {
    var space = SmallSpace(settings)
    let result = space.search()
    if let violation = result.violation {
      Issue.record("\(settings): \(violation.text)\n\(violation.steps.joined(separator: "\n"))")
    } else {
      #expect(result.isComplete && result.states > 1_000)
      // At once, so that no line of another test comes between.
      print("small space, \(settings.choices) \(settings.budget): \(result.states) states, \(result.steps) steps")
    }
    return result.situations
  }

  @Test("I1 to I11: equal requests", arguments: choices)
  func equal(_ choices: [UnknownOutcome]) {
    var met: Set<String> = []
    for budget in Self.budgets { met.formUnion(search(Self.settings(choices, budget))) }
    let missing = Self.required(choices).subtracting(met)
    #expect(missing.isEmpty, "I15: never met: \(missing.sorted()) of \(met.sorted())")
  }

  @Test("I8: requests that differ", arguments: choices)
  func mismatch(_ choices: [UnknownOutcome]) {
    var settings = Self.settings(choices, Self.budgets[2])
    settings.isMismatch = true
    #expect(search(settings).contains("mismatch"), "I15")
  }

  @Test("E18: a duplicate that waits", arguments: choices)
  func waiting(_ choices: [UnknownOutcome]) {
    var settings = Self.settings(choices, SmallSpaceBudget(crashes: 0, losses: 1, origins: 0, retries: 0, ticks: 1))
    if Self.isLarge { settings.budget = Self.budgets[2] }
    settings.waits = true
    let met = search(settings)
    #expect(met.isSuperset(of: ["waited", "reclaim after waiting"]), "I15: \(met.sorted())")
  }

  /// Nobody comes back later than the store settles; the simulation has those that do.
  @Test("X8: the store forgets its last changes, and nodes put back what they know", arguments: choices)
  func forgetting(_ choices: [UnknownOutcome]) {
    let met = search(Self.settings(choices, Self.forgetful))
    #expect(met.isSuperset(of: ["forgotten", "put back", "put back again", "put back lapsed"]), "I15: \(met.sorted())")
  }

  private static let forgetful = SmallSpaceBudget(
    crashes: 0, losses: 0, origins: 0, retries: 0, ticks: 1, forgets: 1)

  @Test(
    "X8: a deliberate mistake about what is put back is caught",
    arguments: [
      SimulationMutation.nothingPutBack, .releasesNotPutBack, .lapsedNotPutBack, .everyOwnerGoesOn, .opensAtOnce,
    ])
  func noticesForgetting(_ mutation: SimulationMutation) {
    var space = SmallSpace(Self.settings([.hold, .hold], Self.forgetful, mutation: mutation))
    let result = space.search(limit: 500_000)
    #expect(result.violation != nil, "\(mutation): unnoticed in \(result.states) states")
  }

  /// A search that never met these proves nothing (I15).
  private static func required(_ choices: [UnknownOutcome]) -> Set<String> {
    var required: Set<String> = [
      "crash", "drain", "retry", "replay", "takeover", "pending", "broken answer", "refused by the origin",
      "slow reply",
      "reclaimed", "refused", "not sent", "lost renew refused",
    ]
    for kind in [StoreOperation.Kind.reserve, .complete, .release, .reclaim] {
      required.formUnion(["lost \(kind)", "lost reply of \(kind)", "late \(kind)", "second copy of \(kind)"])
    }
    if choices.contains(.hold) { required.formUnion(["uncertain", "called uncertain"]) }
    if choices.contains(.store) { required.insert("settled for a lost executor") }
    return required
  }

  @Test(
    "A deliberate mistake is caught: the search can fail",
    arguments: [
      (SimulationMutation.completeIgnoresToken, UnknownOutcome.executeAgain, "I6"),
      (.newTokenOnResend, .hold, "P_CAUSE"),
      (.clockStopsInSuspension, .executeAgain, "I7"),
      (.releaseAfterSuccess, .hold, "I1"),
    ])
  func notices(_ mutation: SimulationMutation, _ choice: UnknownOutcome, _ invariant: String) {
    let budget = SmallSpaceBudget(crashes: 0, losses: 1, origins: 0, retries: 1, ticks: 2)
    var space = SmallSpace(Self.settings([choice, choice], budget, mutation: mutation))
    let result = space.search(limit: 500_000)
    #expect(
      result.violation?.text.hasPrefix(invariant) == true,
      "\(mutation) under \(choice): \(result.violation.map { "\($0)" } ?? "unnoticed") in \(result.states) states")
  }

  @Test("A search knows every variable of an engine")
  func knowsEngine() {
    let engine = Engine(
      fingerprint: Fingerprint(high: 1, low: 2), policy: ExecutionPolicy(), token: .random(), worker: "N"
    ) { _ in
      StoredAnswer(status: 504)
    }
    // Its six constants differ in no two states of a search.
    #expect(Mirror(reflecting: engine).children.count == Engine.hashedVariableCount + 6)
  }
}
