"""Sends each request of shapes.json by requests, and prints its status code and answer."""
import json
import os
import sys

import requests

with open(sys.argv[1], encoding="utf-8") as file, requests.Session() as session:
    for shape in json.load(file):
        headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": shape["contentType"]}
        body = shape["body"].encode(shape["charset"])
        answer = session.post(os.environ["BASE_URL"] + shape["path"], data=body, headers=headers, timeout=60)
        print(answer.status_code, answer.content.decode())
