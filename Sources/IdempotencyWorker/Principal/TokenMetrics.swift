/// Counts tokens by what was found in them.
struct TokenMetrics: Sendable {
  private let verified: CounterSeries
  private let remembered: CounterSeries
  private let refused: [TokenRefusal: CounterSeries]

  /// Makes the handles; those of a reload are the same.
  init(_ registry: PrometheusRegistry) {
    func counter(_ result: String) -> CounterSeries {
      registry.counter(
        "idempotency_tokens_total", help: "Guarded requests whose caller a token names, by what was found in it.",
        labels: [("result", result)])
    }
    verified = counter("verified")
    remembered = counter("remembered")
    refused = Dictionary(uniqueKeysWithValues: TokenRefusal.allCases.map { ($0, counter($0.rawValue)) })
  }

  /// A token was verified, and names a caller.
  func tokenVerified() { verified.increment() }

  /// A token was verified a moment ago.
  func tokenRemembered() { remembered.increment() }

  /// A token names nobody.
  func tokenRefused(_ refusal: TokenRefusal) { refused[refusal]?.increment() }
}
