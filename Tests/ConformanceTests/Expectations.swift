import Testing
@testable import Harness

extension Cluster {
  /// Expects that what was refused left nothing behind: no record, no call (rule K11).
  func expectUntouched(
    calls: Int = 0, records: Int = 0, _ comment: @autoclosure () -> Comment? = nil,
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    #expect(origin.calls.count == calls, comment(), sourceLocation: location)
    #expect(try await self.records().count == records, comment(), sourceLocation: location)
  }
}

/// Expects the answer of a first execution.
func expectExecuted(
  _ reply: Reply, status: Int = 201, _ comment: @autoclosure () -> Comment? = nil,
  _ location: SourceLocation = #_sourceLocation
) {
  #expect(reply.status == status, comment(), sourceLocation: location)
  #expect(reply.label == "executed", comment(), sourceLocation: location)
  #expect(reply["Idempotent-Replayed"] == nil, comment(), sourceLocation: location)
}

/// Expects a replay of `first`: same status, same body bytes, same kept fields (rules E3, E4).
func expectReplay(
  _ reply: Reply, of first: Reply, _ comment: @autoclosure () -> Comment? = nil,
  _ location: SourceLocation = #_sourceLocation
) {
  #expect(reply.status == first.status, comment(), sourceLocation: location)
  #expect(reply.body == first.body, comment(), sourceLocation: location)
  #expect(reply.keptFields == first.keptFields, comment(), sourceLocation: location)
  #expect(reply.label == "replayed", comment(), sourceLocation: location)
  #expect(reply.isReplay, comment(), sourceLocation: location)
}
