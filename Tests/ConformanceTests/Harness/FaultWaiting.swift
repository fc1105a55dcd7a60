import Testing

/// Waits until a condition holds, looking every few milliseconds: for what other processes do and nobody announces.
///
/// - Parameters:
///   - what: What is waited for, for the failure's message.
///   - limit: Far above what it takes on a busy machine; reached only by a fault.
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
