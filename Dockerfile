# The program alone: one static file, the certificates it checks mail and Redis servers by, and a folder for its data.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags='-s -w' -o /masterclass ./cmd/masterclass && install -d -m 700 /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /masterclass /masterclass
COPY --from=build --chown=65532:65532 /data /data
# A folder mounted here has to belong to this user; a new volume does by itself.
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV MASTERCLASS_DATA_DIR=/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/masterclass", "healthcheck"]
ENTRYPOINT ["/masterclass"]
CMD ["serve"]
