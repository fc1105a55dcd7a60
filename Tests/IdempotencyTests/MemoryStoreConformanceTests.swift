import IdempotencyTesting
import Testing

@Suite struct MemoryStoreConformanceTests {
  @Test(arguments: StoreConformance.cases + StoreConformance.edgeCases)
  func conforms(_ rule: StoreConformance.Case) async throws {
    try await rule.run(in: MemoryStoreContext())
  }
}
