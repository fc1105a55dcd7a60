/// How a request's body counts towards its fingerprint (CONFORMANCE F4).
public enum BodyForm: String, Sendable, Hashable, CaseIterable {
  /// Every byte as it came.
  case bytes
  /// As a JSON value: member order, white space and the spelling of numbers and strings do not count.
  case json
  /// Not at all.
  case none
}
