import Testing

/// Waits until a condition holds, looking every few milliseconds: for what other processes do and nobody announces.
///
/// The limit is far above what it takes on a busy machine; only a fault reaches it.
func holds(
  _ what: String, within limit: Duration = .seconds(20), _ location: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  do {
    _ = try await eventually(within: limit) { try await condition() ? true : nil }
  } catch let error as HarnessError {
    Issue.record("\(what): \(error)", sourceLocation: location)
    throw error
  }
}
