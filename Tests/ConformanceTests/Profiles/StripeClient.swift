import Foundation
@testable import Harness

/// The retry loop of Stripe's official client libraries, transcribed from stripe-python's `_http_client.py`.
struct StripeClient: Sendable {
  let fleet: ProfileFleet
  /// The workers that its requests go to in turn, as behind a load balancer.
  var workers = [0, 1]
  var maximumRetries = 2

  private static let initialDelay = 0.5
  private static let maximumDelay = 5.0
  private static let maximumRetryAfter = 60.0

  /// A call as a library sends it: its key is made once, and kept over all retries.
  static func charge(
    amount: Int = 2_000, key: String? = freshKey(), secret: String = "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    account: String? = nil
  ) -> Call {
    var fields = [
      Field("Authorization", "Bearer \(secret)"), Field("Content-Type", "application/x-www-form-urlencoded"),
      Field("Stripe-Version", "2025-10-29.clover"), Field("User-Agent", "Stripe/v1 PythonBindings/16.1.0"),
    ]
    if let account { fields.append(Field("Stripe-Account", account)) }
    let body = "amount=\(amount)&currency=usd&source=tok_visa"
    return Call("POST", "/v1/charges", key: key, caller: nil, body: body, fields: fields)
  }

  /// What it gives its application.
  struct Result {
    /// Nil where the last try had no answer.
    let reply: Reply?
    let tries: Int
  }

  func request(_ call: Call) async throws -> Result {
    var retries = 0
    while true {
      // Each retry tells how long the last request took.
      let call = call.with { call in
        if retries > 0 { call.fields.append(Field("X-Stripe-Client-Telemetry", #"{"n":\#(retries)}"#)) }
      }
      let reply: Reply?
      do {
        reply = try await fleet.send(call, to: workers[retries % workers.count])
      } catch {
        try Task.checkCancellation()
        reply = nil
      }
      guard shouldRetry(reply, retries) else { return Result(reply: reply, tries: retries + 1) }
      retries += 1
      try await Task.sleep(for: .seconds(delay(retries, reply)))
    }
  }

  private func shouldRetry(_ reply: Reply?, _ retries: Int) -> Bool {
    if retries >= maximumRetries { return false }
    guard let reply else { return true }
    switch reply["Stripe-Should-Retry"] {
    case "false": return false
    case "true": return true
    default: return reply.status == 409 || reply.status >= 500
    }
  }

  private func delay(_ retries: Int, _ reply: Reply?) -> Double {
    var seconds = min(Self.initialDelay * Double(1 << (retries - 1)), Self.maximumDelay)
    seconds = max(Self.initialDelay, seconds * Double.random(in: 0.5...1))
    let asked = reply?["Retry-After"].flatMap { Double($0) } ?? 0
    return asked <= Self.maximumRetryAfter ? max(asked, seconds) : seconds
  }
}
