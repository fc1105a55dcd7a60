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
    do {
      let result = try await perform(
        key: key, fingerprint: fingerprint, policy: policy,
        thrown: { $0 is NotEncodable ? .unknownOutcome : thrown($0) },
        operation: { attempt in
          let value = try await operation(attempt)
          do { return ByteBuffer(data: try JSONEncoder().encode(value)) } catch { throw NotEncodable(error: error) }
        })
      return try JSONDecoder().decode(type, from: Data(buffer: result.value))
    } catch let error as NotEncodable {
      throw error.error
    }
  }
}

/// The operation is done and its result cannot be stored: whatever its own errors mean, the effect has happened.
private struct NotEncodable: Error {
  let error: any Error
}
