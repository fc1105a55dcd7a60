import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Idempotency
import NIOCore

@testable import WalletExample

/// A running node, and what a client does with it.
struct WalletNode: Sendable {
  let client: any TestClientProtocol

  func transfer(key: String?, _ body: String, apiKey: String? = "sk_test") async throws -> TestResponse {
    try await post("/wallets/w1/transfers", key: key, body, apiKey: apiKey)
  }

  func post(
    _ path: String, key: String?, _ body: String, apiKey: String? = "sk_test", delay: String? = nil
  ) async throws -> TestResponse {
    var headers: HTTPFields = [.contentType: "application/json"]
    headers[.idempotencyKey] = key
    headers[.apiKey] = apiKey
    headers[.delay] = delay
    return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: body))
  }

  func get<Value: Decodable>(_ path: String, as type: Value.Type) async throws -> Value {
    let response = try await client.execute(uri: path, method: .get)
    return try JSONDecoder().decode(type, from: Data(String(buffer: response.body).utf8))
  }

  /// The effects of one key, or all of them and how many of each kind.
  func ledger(key: String? = nil) async throws -> [String: Int] {
    let summary = try await get("/ledger" + (key.map { "?key=\($0)" } ?? ""), as: LedgerSummary.self)
    let kinds = key == nil ? summary.operations : [:]
    return kinds.merging(["effects": summary.effects]) { $1 }
  }
}

/// A file that goes when the test does.
final class TemporaryLedger: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString).jsonl").path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// Runs nodes that share a store and a ledger, as separate machines share Redis.
func withNodes(
  _ count: Int, delay: Duration = .zero, ledger: TemporaryLedger? = nil,
  _ body: @Sendable ([WalletNode]) async throws -> Void
) async throws {
  let ledger = try ledger ?? TemporaryLedger()
  let backend = StoreBackend(store: MemoryStore())

  @Sendable func start(_ nodes: [WalletNode]) async throws {
    guard nodes.count < count else { return try await body(nodes) }
    var configuration = WalletConfiguration(ledger: ledger.path)
    configuration.node = "node-\(nodes.count + 1)"
    configuration.delay = delay
    let application = try await buildApplication(configuration, backend: backend)
    try await application.test(.router) { try await start(nodes + [WalletNode(client: $0)]) }
  }
  try await start([])
}

extension HTTPField.Name {
  // The names are tokens (RFC 9110 section 5.1), so none of these is nil.
  fileprivate static let apiKey = Self("x-api-key")!
  fileprivate static let delay = Self("X-Demo-Delay")!
  fileprivate static let idempotencyKey = Self("Idempotency-Key")!
  static let replayed = Self("Idempotent-Replayed")!
  static let status = Self("Idempotency-Status")!
}
