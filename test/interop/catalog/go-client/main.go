// Command catalog-go-client prints what grpc-go sees of the catalog service, one line a call.
//
//	catalog-go-client HOST:PORT DESCRIPTOR_SET
//
// Messages are dynamic: the descriptor set is all it knows. Exit status 1: it could not be run; 2: wrong usage.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type line struct {
	Scenario string              `json:"scenario"`
	Head     map[string][]string `json:"head"`
	Messages []any               `json:"messages"`
	Code     string              `json:"code"`
	Message  string              `json:"message"`
	Details  string              `json:"details"`
	Trailers map[string][]string `json:"trailers"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: catalog-go-client HOST:PORT DESCRIPTOR_SET")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "catalog-go-client:", err)
		os.Exit(1)
	}
}

func run(target, file string) error {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(bytes, set); err != nil {
		return err
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return err
	}
	found, err := files.FindDescriptorByName("shop.v1.Catalog")
	if err != nil {
		return err
	}
	methods := found.(protoreflect.ServiceDescriptor).Methods()
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	call := func(scenario, method, request string, timeout time.Duration, stopAfter int) error {
		m := methods.ByName(protoreflect.Name(method))
		in := dynamicpb.NewMessage(m.Input())
		if err := protojson.Unmarshal([]byte(request), in); err != nil {
			return err
		}
		l := line{Scenario: scenario, Messages: []any{}}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if timeout > 0 {
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		path := "/shop.v1.Catalog/" + method
		var head, trailers metadata.MD
		var end error
		take := func(out proto.Message) {
			var value any
			text, _ := protojson.Marshal(out)
			_ = json.Unmarshal(text, &value)
			l.Messages = append(l.Messages, value)
		}
		if m.IsStreamingServer() {
			stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
			if err != nil {
				return err
			}
			if err := stream.SendMsg(in); err != nil {
				return err
			}
			if err := stream.CloseSend(); err != nil {
				return err
			}
			for {
				out := dynamicpb.NewMessage(m.Output())
				if end = stream.RecvMsg(out); end != nil {
					break
				}
				take(out)
				if len(l.Messages) == stopAfter {
					cancel()
				}
			}
			if end == io.EOF {
				end = nil
			}
			head, _ = stream.Header()
			trailers = stream.Trailer()
		} else {
			out := dynamicpb.NewMessage(m.Output())
			if end = conn.Invoke(ctx, path, in, out, grpc.Header(&head), grpc.Trailer(&trailers)); end == nil {
				take(out)
			}
		}
		s := status.Convert(end)
		l.Code, l.Message = s.Code().String(), s.Message()
		if s.Code() == codes.DeadlineExceeded || s.Code() == codes.Canceled {
			l.Message = ""
		}
		if raw, err := (proto.MarshalOptions{Deterministic: true}).Marshal(s.Proto()); err == nil && len(s.Details()) > 0 {
			l.Details = hex.EncodeToString(raw)
		}
		l.Head, l.Trailers = plain(head), plain(trailers)
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		fmt.Println(string(text))
		return nil
	}
	for _, c := range []struct {
		scenario, method, request string
		timeout                   time.Duration
		stopAfter                 int
	}{
		{"unary", "Get", `{"id":"hammer"}`, 0, 0},
		{"unary.other", "Get", `{"id":"saw"}`, 0, 0},
		{"stream", "List", `{"kind":"KIND_TOY","count":3}`, 0, 0},
		{"stream.empty", "List", `{"kind":"KIND_TOY"}`, 0, 0},
		{"error", "Get", `{"id":"missing"}`, 0, 0},
		{"deadline", "Watch", `{"prefix":"d"}`, time.Second, 0},
		{"cancel", "Watch", `{"prefix":"c"}`, 0, 2},
	} {
		if err := call(c.scenario, c.method, c.request, c.timeout, c.stopAfter); err != nil {
			return fmt.Errorf("%s: %w", c.scenario, err)
		}
	}
	return nil
}

// plain leaves out what belongs to the twin and not to the service.
func plain(md metadata.MD) map[string][]string {
	out := map[string][]string{}
	for k, v := range md {
		if strings.HasPrefix(k, "x-wraith-") || k == "date" || k == "grpc-status-details-bin" {
			continue
		}
		out[k] = v
	}
	return out
}
