import Idempotency
import NIOCore

/// Records as a worker would write them.
enum Specimen {
  /// Ten minutes: a busy machine may take one for a test.
  static let ttl: Int64 = 600_000

  static func key() -> RecordKey {
    RecordKey(unchecked: "tests", scope: "-", clientKey: OwnerToken.random().description)
  }

  static func record(
    _ state: RecordState = .reserved, _ token: OwnerToken = .random(), deadline: Int64 = 9_000_000_000_000,
    choice: UnknownOutcome = .hold, body: String = ""
  ) -> Record {
    let head = RecordHead(
      state: state, token: token, fingerprint: .any, leaseDeadline: deadline, attempt: 1, unknownOutcome: choice)
    let metadata = RecordMetadata(worker: "w", created: 1, status: state == .completed ? 200 : nil)
    return Record(head: head, metadata: metadata, body: ByteBuffer(string: body))
  }

  static func reserve(_ record: Record) -> StoreOperation { .reserve(record: record, ttl: ttl) }

  static func complete(_ token: OwnerToken, body: String = "done", ttl: Int64 = Specimen.ttl) -> StoreOperation {
    .complete(token: token, ownDeadline: 9_000_000_000_000, record: record(.completed, token, body: body), ttl: ttl)
  }

  static func renew(_ record: Record) -> StoreOperation {
    .renew(token: record.head.token, deadline: record.head.leaseDeadline, record: record, ttl: ttl)
  }

  static func release(_ token: OwnerToken) -> StoreOperation {
    .release(
      token: token, expected: nil, tainted: false, record: record(.free, token), ttl: ttl, shortTTL: ttl)
  }

  static func mark(_ token: OwnerToken) -> StoreOperation {
    .markUncertain(token: token, record: record(.uncertain, token), ttl: ttl)
  }

  static func reclaim(_ standing: Record) -> StoreOperation {
    .reclaim(
      expected: standing.head.token, expectedState: standing.head.state, record: record(), ttl: ttl,
      uncertainTTL: ttl, lost: nil)
  }

  static func putBack(_ record: Record) -> StoreOperation { .putBack(record: StoredRecord(record), ttl: ttl) }

  static func resolve(_ token: OwnerToken) -> StoreOperation {
    .resolve(
      token: token, attempt: 1, newToken: .random(), record: record(.free), ttl: ttl, wait: 0, force: true)
  }

  /// One of each kind.
  static var operations: [StoreOperation] {
    let mine = record()
    let token = mine.head.token
    return [
      reserve(mine), .read, complete(token), renew(mine), release(token), mark(token), reclaim(mine), putBack(mine),
      resolve(token),
    ]
  }
}

extension IdempotencyStore {
  /// Why an operation failed; nil if it did not.
  func failure(_ operation: StoreOperation, for key: RecordKey) async -> StoreFailure? {
    do {
      _ = try await perform(operation, for: key)
      return nil
    } catch {
      return error
    }
  }

  /// Holds a key in state R and gives the record.
  func hold(_ key: RecordKey) async throws -> Record {
    let record = Specimen.record()
    _ = try await perform(Specimen.reserve(record), for: key)
    return record
  }
}
