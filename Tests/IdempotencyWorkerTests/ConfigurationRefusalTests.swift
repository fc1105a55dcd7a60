import Testing

@testable import IdempotencyWorker

/// Whatever is wrong is refused, with its place and what was expected.
@Suite struct ConfigurationRefusalTests {
  typealias Refusals = ConfigurationRefusals

  @Test func theBaseOfTheCasesIsAccepted() throws {
    #expect(try ConfigurationDirectory().errors(Refusals.document("unmatchedKey: ignore")) == [])
  }

  static let cases =
    Refusals.listener + Refusals.store + Refusals.principal + Refusals.policies + Refusals.outcomes + Refusals.syntax

  @Test(arguments: cases)
  func isRefused(_ refusal: Refusals.Case) throws {
    let directory = try ConfigurationDirectory()
    try directory.write("only 15 bytes..", to: "short")
    let errors = try directory.errors(Refusals.document(refusal.text))
    #expect(errors == refusal.errors)
    #expect(!errors.joined().contains("hunter2"))
  }
}
