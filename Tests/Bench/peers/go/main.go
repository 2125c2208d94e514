// A callback service as one would write it in Go: net/http, encoding/json, SQLite with one commit for all that wait, and
// 200 after it. It makes one event a callback, keeps no raw body, and knows no duplicates.
//
//	peer-go PORT JOURNAL
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

const batchMax = 512

type status struct {
	Code        *int   `json:"code,omitempty"`
	Description string `json:"description,omitempty"`
	UpdatedOn   string `json:"updated_on,omitempty"`
}

type callback struct {
	ReferenceID string `json:"reference_id"`
	Status      status `json:"status"`
	Phone       string `json:"phone_number"`
	Email       string `json:"email"`
	Kind        string `json:"sub_resource"`
	RCSSender   string `json:"rcs_sender_id"`
	WhatsApp    string `json:"waba_phone_number"`
	Submitted   string `json:"submit_timestamp"`
	User        struct {
		Sender  string `json:"sender_id"`
		Phone   string `json:"phone_number"`
		Message string `json:"mo_message"`
		Action  string `json:"action"`
	} `json:"user_response"`
	Content struct {
		Text  string `json:"text"`
		Text1 string `json:"text_1"`
		Image string `json:"url_image_1"`
		Inner struct {
			Body string `json:"body"`
			URL  string `json:"url"`
			Type string `json:"mime_type"`
		} `json:"content"`
		Tap struct {
			Action string `json:"action"`
			Event  string `json:"event"`
			Text   string `json:"text"`
		} `json:"end_user_action"`
		File struct {
			Payload struct {
				URL  string `json:"uri"`
				Type string `json:"mime_type"`
			} `json:"payload"`
		} `json:"file"`
	} `json:"content"`
}

type event struct {
	ID         string    `json:"id"`
	Channel    string    `json:"channel"`
	From       string    `json:"from,omitempty"`
	To         string    `json:"to,omitempty"`
	Text       string    `json:"text,omitempty"`
	MediaURL   string    `json:"mediaUrl,omitempty"`
	MediaType  string    `json:"mediaType,omitempty"`
	Keyword    string    `json:"keyword,omitempty"`
	Status     status    `json:"status"`
	OccurredAt string    `json:"occurredAt,omitempty"`
	ReceivedAt time.Time `json:"receivedAt"`
}

type waiting struct {
	received time.Time
	json     []byte
	done     chan error
}

// first is the first of them that says anything.
func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

func eventOf(c *callback, received time.Time) event {
	channel := "sms"
	if c.WhatsApp != "" {
		channel = "whatsapp"
	} else if strings.HasPrefix(c.Kind, "mo_") {
		channel = c.Kind[len("mo_"):]
	}
	content := &c.Content
	return event{
		ID:         c.ReferenceID,
		Channel:    channel,
		From:       first(c.User.Phone, c.Phone, c.Email),
		To:         first(c.User.Sender, c.RCSSender, c.WhatsApp),
		Text:       first(c.User.Message, content.Tap.Text, content.Text, content.Text1, content.Inner.Body),
		MediaURL:   first(content.Image, content.Inner.URL, content.File.Payload.URL),
		MediaType:  first(content.Inner.Type, content.File.Payload.Type),
		Keyword:    first(c.User.Action, content.Tap.Action, content.Tap.Event),
		Status:     c.Status,
		OccurredAt: first(c.Submitted, c.Status.UpdatedOn),
		ReceivedAt: received,
	}
}

// commit puts whatever waits into one transaction, again and again.
func commit(database *sql.DB, line <-chan waiting) {
	for one := range line {
		batch := []waiting{one}
		for len(batch) < batchMax && len(line) > 0 {
			batch = append(batch, <-line)
		}
		err := store(database, batch)
		for _, each := range batch {
			each.done <- err
		}
	}
}

func store(database *sql.DB, batch []waiting) error {
	transaction, err := database.Begin()
	if err != nil {
		return err
	}
	defer transaction.Rollback()
	insert, err := transaction.Prepare("INSERT INTO events(received, json) VALUES(?, ?)")
	if err != nil {
		return err
	}
	for _, each := range batch {
		if _, err := insert.Exec(each.received.UnixMicro(), each.json); err != nil {
			return err
		}
	}
	return transaction.Commit()
}

func main() {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("TELESIGN_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	database, err := sql.Open("sqlite3", os.Args[2]+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	database.SetMaxOpenConns(1)
	_, err = database.Exec("CREATE TABLE IF NOT EXISTS events(sequence INTEGER PRIMARY KEY, received INTEGER, json BLOB)")
	if err != nil {
		log.Fatal(err)
	}
	line := make(chan waiting, batchMax)
	go commit(database, line)

	http.HandleFunc("/in/telesign", func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, 1<<20))
		if err != nil {
			writer.WriteHeader(http.StatusBadRequest)
			return
		}
		given := request.Header.Get("Authorization")
		signature, err := base64.StdEncoding.DecodeString(given[strings.LastIndexByte(given, ':')+1:])
		digest := hmac.New(sha256.New, key)
		digest.Write(body)
		if err != nil || !hmac.Equal(signature, digest.Sum(nil)) {
			writer.WriteHeader(http.StatusUnauthorized)
			return
		}
		var said callback
		if json.Unmarshal(body, &said) != nil || said.ReferenceID == "" {
			writer.WriteHeader(http.StatusBadRequest)
			return
		}
		received := time.Now()
		text, err := json.Marshal(eventOf(&said, received))
		if err == nil {
			done := make(chan error, 1)
			line <- waiting{received, text, done}
			err = <-done
		}
		if err != nil {
			writer.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
