import Testing

@Suite struct ChaosTests {
}
