#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
internal import NIOCore
internal import NIOFoundationCompat

extension IdempotencyService {
  /// Runs an operation at most once under a key; its result is stored as JSON and decoded for every later caller.
  ///
  /// As ``perform(key:fingerprint:policy:retaining:thrown:operation:)``, for a result that is `Codable`.
  /// - Throws: What that method throws, and the encoder's error: then the effect has happened.
  public func perform<Value: Codable & Sendable>(
    key: RecordKey, fingerprint: Fingerprint, policy: ExecutionPolicy = ExecutionPolicy(),
    as type: Value.Type = Value.self,
    thrown: @escaping @Sendable (any Error) -> ThrownErrorMeaning = { _ in .unknownOutcome },
    operation: @escaping @Sendable (_ attempt: Int?) async throws -> Value
  ) async throws -> Value {
    let result = try await perform(key: key, fingerprint: fingerprint, policy: policy, thrown: thrown) { attempt in
      ByteBuffer(data: try JSONEncoder().encode(try await operation(attempt)))
    }
    return try JSONDecoder().decode(type, from: Data(buffer: result.value))
  }
}
