/// What every ``Idempotency/IdempotencyStore`` must do: each cell of the protocol's script table as a case of its own.
///
/// ```swift
/// @Test(arguments: StoreConformance.cases)
/// func conforms(_ rule: StoreConformance.Case) async throws {
///   try await rule.run(in: MyContext())
/// }
/// ```
public enum StoreConformance {
  /// Every case, in the order of the script table.
  public static let cases: [Case] =
    reserveCases + completeCases + renewCases + releaseCases + markUncertainCases + reclaimCases + takeoverCases
    + putBackCases + resolveCases + unreadableCases + largeCases + raceCases

  /// One rule and how it is checked.
  public struct Case: Sendable, CustomStringConvertible {
    /// The rule, with its numbers in CONFORMANCE.md where it has any.
    public let description: String
    private let body: @Sendable (StoreProbe) async throws -> Void

    init(_ description: String, _ body: @escaping @Sendable (StoreProbe) async throws -> Void) {
      self.description = description
      self.body = body
    }

    /// Checks the rule on a fresh key.
    ///
    /// - Throws: ``ConformanceFailure`` when the store does otherwise; whatever the context throws.
    public func run(in context: some StoreConformanceContext) async throws {
      try await body(StoreProbe(rule: description, context: context, now: try await context.now()))
    }
  }
}
