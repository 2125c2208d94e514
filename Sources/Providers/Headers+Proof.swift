internal import Model

extension Headers {
    /// The value of the field that proves who sent a request.
    ///
    /// Where it is there several times, one reader might take the first and another the last: then it proves nothing.
    func proof(_ name: String) throws(Refusal) -> String {
        guard let field = first(name) else { throw .forged(.missing) }
        guard field.isOnly else { throw .forged(.repeated) }
        return String(decoding: field.value, as: UTF8.self)
    }
}
