import Testing
@testable import Harness

extension Chaos {
  /// Minutes of faults in random order against fleets that live on; `deploy/chaos` asks for it.
  @Suite(
    "Soak", .enabled(if: SoakSettings.asked != nil, "deploy/chaos runs it"), .serialized,
    TableTrait(table: Soak.table, title: "Soak", required: [], faults: []))
  struct SoakTests {
    @Test("I1–I15 hold for minutes of faults in random order")
    func soak() async throws {
      var soak = Soak(try #require(SoakSettings.asked))
      await soak.run()
      #expect(!Soak.table.reports.isEmpty, "no run came to an end: the soak proves nothing")
    }
  }
}
