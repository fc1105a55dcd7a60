extension RawRepresentable where RawValue == String {
  /// Reads names that are separated by commas, as options take them.
  ///
  /// - Returns: Nil where there is none, or one that is no name.
  static func list(_ text: String) -> [Self]? {
    let names = text.split(separator: ",")
    let values = names.compactMap { Self(rawValue: String($0)) }
    return values.isEmpty || values.count < names.count ? nil : values
  }
}
