import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Idempotency

/// The API itself.
///
/// Nothing in it knows about idempotency but that it notes key and attempt in the ledger.
struct WalletRoutes: Sendable {
  let node: String
  let ledger: Ledger
  let delay: Duration

  /// Adds the routes to a router.
  func add(to router: Router<BasicRequestContext>) {
    router.post("wallets/{walletId}/transfers", use: transfer)
    router.get("wallets/{walletId}/transfers/{transferId}", use: showTransfer)
    router.post("payments", use: pay)
    router.get("ledger", use: showLedger)
  }

  @Sendable private func transfer(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let wallet = try context.parameters.require("walletId")
    let order = try await request.decode(as: Order.self, context: context)
    try order.validate(needsNetwork: true)
    let movement = try await move(order, wallet: wallet, as: .transfer, request)
    return try created(movement, at: "/wallets/\(wallet)/transfers/\(movement.id)", request, context)
  }

  @Sendable private func pay(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let order = try await request.decode(as: Order.self, context: context)
    try order.validate(needsNetwork: false)
    let movement = try await move(order, wallet: nil, as: .payment, request)
    return try created(movement, at: nil, request, context)
  }

  @Sendable private func showTransfer(_ request: Request, _ context: BasicRequestContext) async throws -> Movement {
    let wallet = try context.parameters.require("walletId")
    let id = try context.parameters.require("transferId")
    guard let movement = try await ledger.movement(id: id), movement.wallet == wallet else {
      throw HTTPError(.notFound)
    }
    return movement
  }

  @Sendable private func showLedger(_ request: Request, _ context: BasicRequestContext) async throws -> LedgerSummary {
    try await ledger.summary(key: request.uri.queryParameters["key"].map(String.init))
  }

  /// Moves the money: what must not happen twice.
  private func move(
    _ order: Order, wallet: String?, as operation: LedgerEntry.Operation, _ request: Request
  ) async throws -> Movement {
    let pauses = try DemonstrationDelay(request, default: delay)
    try await Task.sleep(for: pauses.before)
    let movement = Movement(
      id: UUID().uuidString.lowercased(), wallet: wallet, asset: order.asset, network: order.network,
      amount: order.amount, destination: order.destination, node: node, time: Date.now.ISO8601Format())
    do {
      try await ledger.append(LedgerEntry(movement, operation, request))
    } catch let error as LedgerError where error.hadNoEffect {
      // The middleware frees the key: the next try may do better.
      throw OperationNotStarted(error.description)
    }
    try await Task.sleep(for: pauses.after)
    return movement
  }

  private func created(
    _ movement: Movement, at location: String?, _ request: Request, _ context: BasicRequestContext
  ) throws -> Response {
    var response = try context.responseEncoder.encode(movement, from: request, context: context)
    response.status = .created
    if let location { response.headers[.location] = location }
    return response
  }
}

extension LedgerEntry {
  fileprivate init(_ movement: Movement, _ operation: Operation, _ request: Request) {
    self.init(
      operation: operation,
      key: request.headers[.idempotencyKey],
      principal: request.headers[.apiKey].map { apiKey in
        SHA256.hash(data: Data(apiKey.utf8)).prefix(8).map { String(format: "%02x", $0) }.joined()
      },
      attempt: request.headers[.idempotencyAttempt].flatMap { Int($0) },
      movement: movement)
  }
}

extension HTTPField.Name {
  // The names are tokens (RFC 9110 section 5.1), so none of these is nil.
  fileprivate static let apiKey = Self("x-api-key")!
  fileprivate static let idempotencyKey = Self("Idempotency-Key")!
  fileprivate static let idempotencyAttempt = Self("Idempotency-Attempt")!
}
