import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// Rule F11: the middleware has its service claim what its policies derive, with its own principal's fields.
@Suite(.timeLimit(.minutes(1))) struct ClaimTests {
  typealias Source = PrincipalSource<BasicRequestContext>

  /// A store that keeps the claims it gets, and refuses them or not.
  final class ClaimStore: IdempotencyStore {
    let inner = MemoryStore()
    var clock: any StoreClock { inner.clock }
    let claims = NIOLockedValueBox<[KeyspaceDerivation]>([])
    let agrees = NIOLockedValueBox(true)

    func perform(_ operation: StoreOperation, for key: RecordKey) async throws(StoreFailure) -> StoreReply {
      try await inner.perform(operation, for: key)
    }

    func watch(_ key: RecordKey, _ changed: @escaping @Sendable () -> Void) -> any StoreWatch {
      inner.watch(key, changed)
    }

    func claim(_ derivations: [KeyspaceDerivation]) async throws {
      claims.withLockedValue { $0 = derivations }
      if !agrees.withLockedValue({ $0 }) { throw StoreFailure(.refused(.other), "keyspace pay is in use") }
    }
  }

  private func run(
    _ source: Source, agrees: Bool = true,
    _ body: @escaping @Sendable (ClaimStore, IdempotencyService, any TestClientProtocol) async throws -> Void
  ) async throws {
    let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let store = ClaimStore()
    store.agrees.withLockedValue { $0 = agrees }
    let service = IdempotencyService(store: store, logger: quiet)
    let policy = try IdempotencyPolicy("pay", methods: ["POST"], path: "/pay")
    let router = Router()
    router.add(
      middleware: IdempotencyMiddleware(
        service: service, policies: try PolicySet([policy], principalFields: ["not-these"]), principal: source))
    for path in ["pay", "open"] as [RouterPath] { router.post(path) { _, _ in Response(status: .created) } }
    var application = Application(router: router, logger: quiet)
    application.addServices(service)
    try await application.test(.router) { try await body(store, service, $0) }
  }

  static let sources: [(@Sendable () throws -> Source, [String])] = [
    ({ try .headers(["X-Api-Key", "x-tenant"]) }, ["x-api-key", "x-tenant"]), ({ .shared }, []),
    ({ .from(fields: ["user"]) { _, _ in Principal("user", "u") } }, ["user"]),
    ({ .from { _, _ in Principal("user", "u") } }, ["(application)"]),
  ]

  @Test("F11 What is claimed names the principal's own fields", arguments: sources.indices)
  func fields(_ index: Int) async throws {
    let (source, fields) = Self.sources[index]
    try await run(try source()) { store, service, _ in
      while !service.isAccepting { await Task.yield() }
      let expected = try PolicySet([IdempotencyPolicy("pay", methods: ["POST"], path: "/pay")], principalFields: fields)
      #expect(store.claims.withLockedValue { $0 } == expected.derivations)
    }
  }

  @Test("F11 Until the claim is answered guarded requests get 503 and nothing runs; others are served")
  func refused() async throws {
    try await run(.shared, agrees: false) { store, service, client in
      while service.claimFailure == nil { await Task.yield() }
      let refused = try await client.execute(uri: "/pay", method: .post, headers: [.key: "k"])
      #expect(refused.status == .serviceUnavailable && refused.headers[.status] == "failed")
      #expect(String(buffer: refused.body).contains("not-ready"))
      #expect(try await client.execute(uri: "/open", method: .post).status == .created)
      store.agrees.withLockedValue { $0 = true }
      while !service.isAccepting { await Task.yield() }
      let taken = try await client.execute(uri: "/pay", method: .post, headers: [.key: "k"])
      #expect(taken.headers[.status] == "executed")
    }
  }
}
