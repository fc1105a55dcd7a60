/// Why a record with a valid head cannot be replayed.
public enum RecordError: Error, Sendable, Hashable {
  /// Its version or form is not one this library reads; a newer one may.
  case tooNew
  /// The line of JSON is missing or wrong, or the body is not as long as it says.
  case unreadable
}
