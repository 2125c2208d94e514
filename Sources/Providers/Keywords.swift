public import Model

extension KeywordPack {
    /// The built-in words, in English and French: those that carriers in North America act on, and their French kin.
    ///
    /// YES, OUI and their like are left out: alone they answer questions as well ("Does 10 am suit you?"), and taking an
    /// answer for consent is the worse mistake. Whoever asks for YES adds it in the configuration.
    public static let standard = KeywordPack(words: [
        "stop": .stop,
        "stopall": .stop,
        "stop all": .stop,
        "unsubscribe": .stop,
        "cancel": .stop,
        "end": .stop,
        "quit": .stop,
        "optout": .stop,
        "opt out": .stop,
        "opt-out": .stop,
        "revoke": .stop,
        "arret": .stop,
        "arrêt": .stop,
        "arreter": .stop,
        "arrêter": .stop,
        "desabonner": .stop,
        "désabonner": .stop,
        "desabonnement": .stop,
        "désabonnement": .stop,
        "desinscrire": .stop,
        "désinscrire": .stop,

        "start": .start,
        "unstop": .start,
        "resume": .start,
        "subscribe": .start,
        "optin": .start,
        "opt in": .start,
        "opt-in": .start,
        "reprendre": .start,
        "abonner": .start,
        "réabonner": .start,
        "reabonner": .start,

        "help": .help,
        "info": .help,
        "contact": .help,
        "aide": .help,
    ])

    /// What a message asks for that consists of one of the words and nothing else.
    ///
    /// Case, blanks around the message, and full stops, commas, exclamation marks and quotation marks around the word do not
    /// count: "Stop." and "STOP!!" leave no doubt. Nor does what nobody sees, nor how wide the blank between two words is. A
    /// question mark does count, for who writes "stop?" is asking; and so does every further word.
    func keyword(in message: String) -> Keyword? {
        guard message.utf8.count <= Self.messageBytesMax else { return nil }
        let word = Self.spelling(of: message)
        guard let action = words[word] else { return nil }
        return Keyword(action: action, keyword: word, detectedBy: .gateway, match: .exact)
    }

    /// Nothing longer is looked at: a long message is no keyword.
    private static let messageBytesMax = 256
}
