@testable import Harness

/// What a client wants done once, under a key of its own.
struct Order: Sendable, Hashable {
  let key: String
  /// What is asked for; another text under the same key is another request.
  let text: String

  init(key: String = freshKey(), text: String = "100.00") {
    self.key = key
    self.text = text
  }

  /// The request that asks for it.
  ///
  /// The nonce names this very request: it stands in the body, does not count in the fingerprint, and comes back in the
  /// answer.
  func call(nonce: String) -> Call {
    Call(key: key, body: #"{"nonce":"\#(nonce)","order":"\#(text)"}"#)
  }
}
